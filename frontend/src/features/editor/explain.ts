/** A diagnostic in its parts, and later findings under the one they may follow from. */

import type { Diagnostic } from "@/api/types";

export interface Parts {
  /** What happened. */
  what: string;
  /** What the verifier knows, or null. */
  known: string | null;
  /** What it misses, or null. */
  missing: string | null;
  /** The fix in words, or null. */
  fix: string | null;
  /** The code within the fix, or null. */
  code: string | null;
}

const RANGE = / at (offset -?[\d,]+(?: to -?[\d,]+)? of \w+)/;
const MISSING = /^(.*?); (nothing proves .*)$/s;

/** The parts of a message and its hint; what cannot be told apart stays in `what`. */
export function partsOf(found: Pick<Diagnostic, "message" | "hint">): Parts {
  const split = MISSING.exec(found.message);
  const what = split?.[1] ?? found.message;
  const range = RANGE.exec(what);
  const fix = found.hint ?? null;
  const codes = [...(fix ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
  // A lone name in backticks is a mention, not something to paste.
  const code = codes.filter((text) => /[\s;()]/.test(text)).at(-1) ?? null;
  return {
    what: range && split ? what.replace(range[0], "") : what,
    known: range && split ? `The access is at ${range[1]}.` : null,
    missing: split?.[2] ? `${split[2].charAt(0).toUpperCase()}${split[2].slice(1)}.` : null,
    fix,
    code,
  };
}

export interface Group {
  root: Diagnostic;
  followers: Diagnostic[];
}

/** The verifier's first error is the cause; its later errors come under it. Everything else stands alone. */
export function groups(diagnostics: readonly Diagnostic[]): Group[] {
  const found: Group[] = [];
  let cause: Group | null = null;
  for (const one of diagnostics) {
    const proves = one.stage === "verify" && one.severity === "error";
    if (proves && cause) {
      cause.followers.push(one);
      continue;
    }
    const group = { root: one, followers: [] };
    if (proves) cause = group;
    found.push(group);
  }
  return found;
}
