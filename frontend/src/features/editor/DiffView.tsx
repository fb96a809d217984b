/** Two sources beside each other, or below 820 px as one with marks. */

import { cpp } from "@codemirror/lang-cpp";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { theme } from "./theme";

interface Props {
  before: string;
  after: string;
  unified: boolean;
}

const shared = [
  lineNumbers(),
  cpp(),
  theme,
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  EditorView.lineWrapping,
  EditorState.tabSize.of(4),
];
const collapseUnchanged = { margin: 4, minSize: 6 };

export default function DiffView({ before, after, unified }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    if (unified) {
      const merge = unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged });
      const view = new EditorView({ parent, doc: after, extensions: [shared, merge] });
      return () => view.destroy();
    }
    const side = (doc: string) => ({ doc, extensions: shared });
    const view = new MergeView({ parent, a: side(before), b: side(after), collapseUnchanged, gutter: true });
    return () => view.destroy();
  }, [before, after, unified]);
  if (before === after) return <p className="diff-same muted">The two sources are the same.</p>;
  return <div className="diff" ref={place} data-testid="diff" />;
}
