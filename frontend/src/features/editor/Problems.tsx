import { useId, useState } from "react";
import type { Diagnostic } from "@/api/types";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { toast } from "@/ui/toast";
import { groups, partsOf } from "./explain";

interface Props {
  diagnostics: readonly Diagnostic[];
  onJump: (line: number, column: number) => void;
  /** What to say where there are none. */
  none: string;
}

/** Diagnostics as a list; each with a place leads to it, and errors that may follow from another lie under it. */
export function Problems({ diagnostics, onJump, none }: Props) {
  if (diagnostics.length === 0) {
    return (
      <p className="problems-none muted" data-testid="diagnostics">
        {none}
      </p>
    );
  }
  return (
    <ul className="problems" data-testid="diagnostics">
      {groups(diagnostics).map(({ root, followers }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced as a whole.
        <li key={at}>
          <Finding found={root} onJump={onJump} />
          {followers.length > 0 && <Followers followers={followers} onJump={onJump} />}
        </li>
      ))}
    </ul>
  );
}

function Followers({ followers, onJump }: { followers: Diagnostic[]; onJump: Props["onJump"] }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const many = followers.length === 1 ? "1 more error" : `${followers.length} more errors`;
  return (
    <div className="problem-followers">
      <Button
        size="small"
        kind="quiet"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        data-testid="followers"
      >
        {open ? "Hide" : "Show"} {many} that may follow from this one
      </Button>
      <ul id={id} hidden={!open}>
        {followers.map((found, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced as a whole.
          <li key={at}>
            <Finding found={found} onJump={onJump} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Finding({ found, onJump }: { found: Diagnostic; onJump: Props["onJump"] }) {
  const parts = partsOf(found);
  const sign = found.severity === "error" ? "close" : found.severity === "warning" ? "warning" : "info";
  return (
    <div className={`problem-item problem-${found.severity}`}>
      <button
        type="button"
        className="problem-jump"
        disabled={found.line == null}
        onClick={() => found.line != null && onJump(found.line, found.column ?? 1)}
      >
        <span className={`problem-sign severity-${found.severity}`}>
          <Icon name={sign} size={15} />
          <span className="visually-hidden">{found.severity}: </span>
        </span>
        <span className="problem-text break">{parts.what}</span>
        <span className="faint number nowrap">
          {found.line != null ? `${found.line}:${found.column ?? 1}` : found.stage}
        </span>
      </button>
      {(parts.known || parts.missing || parts.fix) && (
        <dl className="problem-parts">
          {parts.known && <Part name="Known" text={parts.known} />}
          {parts.missing && <Part name="Missing" text={parts.missing} />}
          {parts.fix && <Part name="Fix" text={parts.fix} />}
        </dl>
      )}
      {parts.code && <Fix code={parts.code} />}
      <span className="problem-code faint small mono">{found.code}</span>
    </div>
  );
}

function Part({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="break">{text}</dd>
    </div>
  );
}

function Fix({ code }: { code: string }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      toast("Copied");
    } catch {
      toast("This browser did not let us copy; select the text instead", "bad");
    }
  };
  return (
    <div className="problem-fix">
      <pre>{code}</pre>
      <Button size="small" icon={<Icon name="copy" size={16} />} onClick={copy} aria-label="Copy the fix">
        Copy
      </Button>
    </div>
  );
}
