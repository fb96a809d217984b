/** Where a diagnostic lies in the editor. */

import type { Diagnostic as Mark } from "@codemirror/lint";
import type { Text } from "@codemirror/state";
import type { Diagnostic } from "@/api/types";

const encoder = new TextEncoder();

/** clang counts columns in bytes of UTF-8, the editor in UTF-16 units: the offset in `line` of byte `index`. */
export function unitsOfBytes(line: string, index: number): number {
  let units = 0;
  let bytes = 0;
  for (const character of line) {
    if (bytes >= index) break;
    bytes += encoder.encode(character).length;
    units += character.length;
  }
  return units;
}

/** The offset in the document of a position that counts from 1; beyond the text it is the nearest that exists. */
export function offsetOf(doc: Text, line: number, column: number): number {
  if (line < 1) return 0;
  if (line > doc.lines) return doc.length;
  const found = doc.line(line);
  return found.from + Math.min(found.length, unitsOfBytes(found.text, Math.max(0, column - 1)));
}

/** The range to underline, at least a character wide where the document has one; null if it has no line. */
export function rangeOf(doc: Text, diagnostic: Diagnostic): { from: number; to: number } | null {
  if (diagnostic.line == null || diagnostic.line > doc.lines) return null;
  const from = offsetOf(doc, diagnostic.line, diagnostic.column ?? 1);
  const line = doc.lineAt(from);
  if (diagnostic.end) {
    const to = offsetOf(doc, diagnostic.end.line, diagnostic.end.column);
    if (to > from) return { from, to };
  }
  if (diagnostic.column == null)
    return { from: line.from + (/^\s*/.exec(line.text)?.[0].length ?? 0), to: line.to };
  const word = /^\w+/.exec(line.text.slice(from - line.from))?.[0].length ?? 1;
  if (from === line.to && from > line.from) return { from: from - 1, to: from };
  return { from, to: Math.min(line.to, from + word) };
}

const SEVERITY: Record<string, Mark["severity"]> = { error: "error", warning: "warning", note: "info" };

/** CodeMirror's marks of the diagnostics that have a place, in the order of the text. */
export function marksOf(doc: Text, diagnostics: readonly Diagnostic[]): Mark[] {
  const marks: Mark[] = [];
  for (const diagnostic of diagnostics) {
    const range = rangeOf(doc, diagnostic);
    if (!range) continue;
    const message = diagnostic.hint ? `${diagnostic.message}\n${diagnostic.hint}` : diagnostic.message;
    const severity = SEVERITY[diagnostic.severity] ?? "error";
    marks.push({ ...range, severity, message, source: diagnostic.stage });
  }
  return marks.sort((a, b) => a.from - b.from || a.to - b.to);
}
