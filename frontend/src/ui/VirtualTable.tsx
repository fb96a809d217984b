/** A table of many rows of one height; only those in sight (and a few around) are in the document. */

import { type ReactNode, useState } from "react";

export interface Column<T> {
  key: string;
  label: string;
  /** CSS width; one column may be left to take the rest. */
  width?: string;
  right?: boolean;
  cell: (row: T) => ReactNode;
}

interface Props<T> {
  label: string;
  columns: ReadonlyArray<Column<T>>;
  rows: readonly T[];
  rowKey: (row: T) => string | number;
  height: number;
  rowHeight?: number;
  /** Pixels below which it scrolls sideways. */
  minWidth?: number;
}

const AROUND = 8;

/** The rows to draw: from `first` up to and without `last`. */
export function windowOf(scrollTop: number, height: number, rowHeight: number, total: number) {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - AROUND);
  const last = Math.min(total, Math.ceil((scrollTop + height) / rowHeight) + AROUND);
  return { first: Math.min(first, total), last };
}

export function VirtualTable<T>({
  label,
  columns,
  rows,
  rowKey,
  height,
  rowHeight = 34,
  minWidth = 900,
}: Props<T>) {
  const [top, setTop] = useState(0);
  const total = rows.length * rowHeight;
  // A filter can make the list shorter than where it was scrolled to.
  const shownTop = Math.min(top, Math.max(0, total - height));
  const { first, last } = windowOf(shownTop, height, rowHeight, rows.length);
  const after = total - last * rowHeight;
  return (
    <section
      className="virtual"
      aria-label={label}
      style={{ maxHeight: height + rowHeight }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard.
      tabIndex={0}
    >
      <table aria-rowcount={rows.length + 1} style={{ minWidth }}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr style={{ height: rowHeight }} aria-rowindex={1}>
            {columns.map((column) => (
              <th key={column.key} className={column.right ? "right" : undefined}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr className="virtual-space" style={{ height: first * rowHeight }} />}
          {rows.slice(first, last).map((row, at) => (
            <tr key={rowKey(row)} style={{ height: rowHeight }} aria-rowindex={first + at + 2}>
              {columns.map((column) => (
                <td key={column.key} className={column.right ? "right" : undefined}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {after > 0 && <tr className="virtual-space" style={{ height: after }} />}
        </tbody>
      </table>
    </section>
  );
}
