import { describe, expect, it } from "vitest";
import type { Sample } from "@/api/types";
import { fromBase64, hexRows } from "./hex";
import { mergeSamples } from "./Samples";

describe("hexRows", () => {
  it("tells headers and payload apart", () => {
    const bytes = new Uint8Array(30);
    bytes[0] = 0x45;
    bytes[29] = 0x41;
    const rows = hexRows(bytes);
    expect(rows.map((row) => [row.offset, row.bytes.length])).toEqual([
      ["0000", 16],
      ["0010", 14],
    ]);
    expect(rows[1]?.bytes.map((byte) => byte.part[0]).join("")).toBe("iiiiuuuuuuuupp");
    expect(rows[1]?.text.at(-1)).toBe("A");
  });
  it("survives what is no packet", () => {
    expect(hexRows(new Uint8Array())).toEqual([]);
    expect(fromBase64("%%%")).toHaveLength(0);
    expect([...fromBase64("AQI=")]).toEqual([1, 2]);
  });
});

describe("mergeSamples", () => {
  it("keeps each once, newest first, and not too many", () => {
    const sample = (at: number) => ({ at, node: "n", source: "a", source_port: 1, packet: "" }) as Sample;
    const merged = mergeSamples([sample(2), sample(1)], [sample(3), sample(2)]);
    expect(merged.map((item) => item.at)).toEqual([3, 2, 1]);
    expect(mergeSamples(merged, [sample(4)], 2).map((item) => item.at)).toEqual([4, 3]);
  });
});
