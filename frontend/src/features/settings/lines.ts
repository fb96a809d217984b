/** Places in a text of lines. */

/** Where a line (from 1) begins and ends in the text. */
export function rangeOf(text: string, line: number): [number, number] {
  let start = 0;
  for (let number = 1; number < line; number++) {
    const next = text.indexOf("\n", start);
    if (next < 0) break;
    start = next + 1;
  }
  const end = text.indexOf("\n", start);
  return [start, end < 0 ? text.length : end];
}

/** The next line (from 1) after `after` that has the words, going round; undefined where none has. */
export function nextMatch(text: string, words: string, after: number): number | undefined {
  const wanted = words.trim().toLowerCase();
  if (!wanted) return undefined;
  const found = text
    .toLowerCase()
    .split("\n")
    .flatMap((line, index) => (line.includes(wanted) ? [index + 1] : []));
  return found.find((line) => line > after) ?? found[0];
}
