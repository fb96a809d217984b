/** Compiles and verifies unsaved text a moment after the last key. */

import { useEffect, useState } from "react";
import { check } from "@/api/programs";
import type { Diagnostic } from "@/api/types";

const PAUSE = 900;

export interface Checked {
  source: string;
  diagnostics: Diagnostic[];
  ok: boolean;
}

/** The result for the newest text that was checked; `checking` while a newer text is on its way. */
export function useCheck(account: string, source: string, enabled: boolean) {
  const [checked, setChecked] = useState<Checked | null>(null);
  const [checking, setChecking] = useState(false);
  useEffect(() => {
    if (!enabled || !source.trim()) {
      setChecking(false);
      return;
    }
    let current = true;
    const timer = setTimeout(async () => {
      setChecking(true);
      try {
        const { ok, diagnostics } = await check(account, source);
        if (current) setChecked({ source, ok, diagnostics: [...diagnostics] });
      } catch {
        // Saving builds the text anyway and says what is wrong.
      } finally {
        if (current) setChecking(false);
      }
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [account, source, enabled]);
  return { checked, checking };
}
