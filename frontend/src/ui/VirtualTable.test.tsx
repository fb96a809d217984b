import { fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { VirtualTable, windowOf } from "./VirtualTable";

const rows = Array.from({ length: 1000 }, (_, number) => ({ number }));
const table = (shown: typeof rows) => (
  <VirtualTable
    label="Packets"
    columns={[{ key: "n", label: "No.", cell: (row: { number: number }) => `row ${row.number}` }]}
    rows={shown}
    rowKey={(row) => row.number}
    height={340}
    rowHeight={34}
  />
);

describe("windowOf", () => {
  it("is what is in sight and a few around", () => {
    expect(windowOf(0, 340, 34, 1000)).toEqual({ first: 0, last: 18 });
    expect(windowOf(3400, 340, 34, 1000)).toEqual({ first: 92, last: 118 });
    expect(windowOf(33_660, 340, 34, 1000)).toEqual({ first: 982, last: 1000 });
    expect(windowOf(0, 340, 34, 0)).toEqual({ first: 0, last: 0 });
  });
});

describe("VirtualTable", () => {
  it("draws only what is in sight, and says how many there are", () => {
    render(table(rows));
    expect(screen.getByText("row 0")).toBeTruthy();
    expect(screen.queryByText("row 500")).toBeNull();
    expect(screen.getByRole("table").getAttribute("aria-rowcount")).toBe("1001");
  });
  it("follows the scrolling", () => {
    render(table(rows));
    fireEvent.scroll(screen.getByRole("region"), { target: { scrollTop: 17_000 } });
    expect(screen.getByText("row 505").closest("tr")?.getAttribute("aria-rowindex")).toBe("507");
    expect(screen.queryByText("row 0")).toBeNull();
  });
  it("shows rows when a filter makes the list shorter than where it was scrolled to", () => {
    const { rerender } = render(table(rows));
    fireEvent.scroll(screen.getByRole("region"), { target: { scrollTop: 30_000 } });
    rerender(table(rows.slice(0, 3)));
    expect(screen.getByText("row 0")).toBeTruthy();
  });
});
