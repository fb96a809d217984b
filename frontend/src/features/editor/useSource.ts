/** The text in the editor: the newest version's, or an unsaved draft that outlives the page. */

import { useEffect, useRef, useState } from "react";
import { dropDraft, keepDraft, readDraft } from "./draft";

const PAUSE = 300;

interface Saved {
  source: string;
  /** Its number; 0 where nothing was saved yet. */
  number: number;
}

export function useSource(program: string, saved: Saved) {
  const [found] = useState(() => readDraft(program));
  const useful = found && found.source !== saved.source ? found : null;
  const [source, setSource] = useState(useful?.source ?? saved.source);
  const [base, setBase] = useState(useful?.base ?? saved.number);
  const [kept, setKept] = useState(true);
  const dirty = source !== saved.source;
  const state = useRef({ source, base, dirty });
  state.current = { source, base, dirty };

  // A newer version by somebody else replaces the text only where nothing was typed.
  const last = useRef(saved);
  useEffect(() => {
    if (last.current.number === saved.number) return;
    const untouched = state.current.source === last.current.source;
    last.current = saved;
    if (untouched) setSource(saved.source);
    if (untouched || state.current.source === saved.source) setBase(saved.number);
  }, [saved]);

  useEffect(() => {
    const keep = () => {
      const now = state.current;
      if (now.dirty) setKept(keepDraft(program, { source: now.source, base: now.base, at: Date.now() }));
      else dropDraft(program);
    };
    if (!dirty) {
      dropDraft(program);
      return;
    }
    const timer = setTimeout(() => source && keep(), PAUSE);
    window.addEventListener("pagehide", keep);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pagehide", keep);
    };
  }, [program, source, dirty]);

  // Leaving the page inside the pause must not lose the last words.
  useEffect(
    () => () => {
      const now = state.current;
      if (now.dirty) keepDraft(program, { source: now.source, base: now.base, at: Date.now() });
    },
    [program],
  );

  return { source, setSource, dirty, base, kept, restored: useful !== null };
}
