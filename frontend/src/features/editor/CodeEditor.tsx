/** CodeMirror with C, squiggles and Ctrl/Cmd+S. */

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completeAnyWord,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { cpp } from "@codemirror/lang-cpp";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import type { Diagnostic } from "@/api/types";
import { marksOf, offsetOf } from "./positions";
import { theme } from "./theme";

export interface EditorHandle {
  /** Puts the cursor there (from 1) and scrolls to it. */
  jump: (line: number, column: number) => void;
}

interface Props {
  value: string;
  onChange: (value: string) => void;
  onSave: () => void;
  diagnostics: readonly Diagnostic[];
  /** Lines, from 1, that no packet reaches: they are dimmed. */
  unreachable: readonly number[];
  readOnly?: boolean;
  handle?: Ref<EditorHandle>;
}

const DIM = Decoration.line({ class: "unreachable" });
const language = [cpp(), EditorState.tabSize.of(4), indentUnit.of("    ")];

export function CodeEditor({
  value,
  onChange,
  onSave,
  diagnostics,
  unreachable,
  readOnly = false,
  handle,
}: Props) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const newest = useRef({ value, onChange, onSave });
  newest.current = { value, onChange, onSave };
  const writable = useRef(new Compartment());
  const dimmed = useRef(new Compartment());

  useEffect(() => {
    if (!place.current) return;
    const saveNow = () => {
      newest.current.onSave();
      return true;
    };
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: newest.current.value,
        extensions: [
          lineNumbers(),
          lintGutter(),
          foldGutter(),
          highlightActiveLineGutter(),
          highlightSpecialChars(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ override: [completeAnyWord], activateOnTyping: false }),
          highlightActiveLine(),
          highlightSelectionMatches(),
          language,
          theme,
          writable.current.of([]),
          dimmed.current.of([]),
          EditorView.contentAttributes.of({ "aria-label": "Source of the program, in C" }),
          keymap.of([
            { key: "Mod-s", preventDefault: true, run: saveNow },
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...foldKeymap,
            ...lintKeymap,
            indentWithTab,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) newest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      view.current = null;
      editor.destroy();
    };
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== value) {
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
    }
  }, [value]);

  useEffect(() => {
    const extensions = readOnly ? [EditorState.readOnly.of(true), EditorView.editable.of(false)] : [];
    view.current?.dispatch({ effects: writable.current.reconfigure(extensions) });
  }, [readOnly]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, marksOf(editor.state.doc, diagnostics)));
  }, [diagnostics]);

  useEffect(() => {
    const marks = EditorView.decorations.compute(["doc"], ({ doc }) => {
      const lines = unreachable.filter((line) => line >= 1 && line <= doc.lines);
      return Decoration.set(
        lines.map((line) => DIM.range(doc.line(line).from)),
        true,
      );
    });
    view.current?.dispatch({ effects: dimmed.current.reconfigure(marks) });
  }, [unreachable]);

  useImperativeHandle(handle, () => ({
    jump(line, column) {
      const editor = view.current;
      if (!editor) return;
      const anchor = offsetOf(editor.state.doc, line, column);
      editor.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      editor.focus();
    },
  }));

  return <div className="code-editor" ref={place} data-testid="editor" />;
}
