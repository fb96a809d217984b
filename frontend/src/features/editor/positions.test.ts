import { Text } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "@/api/types";
import { marksOf, offsetOf, rangeOf, unitsOfBytes } from "./positions";

const doc = Text.of(["int a;", "  return foo(b);", "", "x"]);
const found = (parts: Partial<Diagnostic>): Diagnostic => ({
  stage: "compile",
  severity: "error",
  code: "compile.error",
  message: "no",
  line: 1,
  column: 1,
  end: null,
  hint: null,
  ...parts,
});
const text = (parts: Partial<Diagnostic>) => {
  const range = rangeOf(doc, found(parts));
  return range && doc.sliceString(range.from, range.to);
};

describe("rangeOf", () => {
  it("takes line, column and end exactly", () => {
    expect(text({ line: 2, column: 10, end: { line: 2, column: 16 } })).toBe("foo(b)");
    expect(text({ line: 1, column: 5, end: { line: 2, column: 9 } })).toBe("a;\n  return");
  });
  it("takes the word where there is no end", () => {
    expect(text({ line: 2, column: 10 })).toBe("foo");
    expect(text({ line: 2, column: 13 })).toBe("(");
  });
  it("takes the last character of a line for what is missing behind it", () => {
    expect(text({ line: 1, column: 7 })).toBe(";");
    expect(text({ line: 1, column: 70 })).toBe(";");
  });
  it("takes the line's text where there is no column", () => {
    expect(text({ line: 2, column: null })).toBe("return foo(b);");
  });
  it("is empty on an empty line and nothing without a line or beyond the text", () => {
    expect(text({ line: 3, column: 1 })).toBe("");
    expect(text({ line: null, column: null })).toBeNull();
    expect(text({ line: 9 })).toBeNull();
  });
  it("ignores an end before the start", () => {
    expect(text({ line: 2, column: 10, end: { line: 1, column: 1 } })).toBe("foo");
  });
});

describe("columns", () => {
  it("count bytes in the compiler and UTF-16 units here", () => {
    const line = "é = 😀 + x;";
    expect(unitsOfBytes(line, 0)).toBe(0);
    expect(unitsOfBytes(line, 2)).toBe(1);
    expect(unitsOfBytes(line, line.indexOf("x") + 1 + 2)).toBe(line.indexOf("x"));
  });
  it("stay inside the document", () => {
    expect(offsetOf(doc, 0, 1)).toBe(0);
    expect(offsetOf(doc, 99, 1)).toBe(doc.length);
  });
});

describe("marksOf", () => {
  it("is in the order of the text, with hint, stage and severity", () => {
    const marks = marksOf(doc, [
      found({ line: 4, severity: "warning", message: "late" }),
      found({ line: null }),
      found({ line: 1, column: 5, hint: "try this", stage: "verify" }),
    ]);
    expect(marks.map((mark) => [mark.from, mark.severity, mark.message, mark.source])).toEqual([
      [4, "error", "no\ntry this", "verify"],
      [25, "warning", "late", "compile"],
    ]);
  });
});
