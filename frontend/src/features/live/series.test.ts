import { describe, expect, it } from "vitest";
import type { StatsEvent } from "@/api/types";
import { Rolling } from "./rolling";
import { StatsSeries } from "./series";

function event(
  node: string,
  at: number,
  received: number,
  dropped = 0,
  more: Partial<StatsEvent> = {},
): StatsEvent {
  return { node, at, received, passed: received - dropped, dropped, challenged: 0, ...more };
}
const point = (at: number, received: number) => ({
  at,
  received,
  passed: received,
  dropped: 0,
  challenged: 0,
});

describe("StatsSeries", () => {
  it("sums the nodes of a second", () => {
    const series = new StatsSeries();
    series.addEvent(event("one", 1000.2, 100, 40), 1000.3);
    series.addEvent(event("two", 1000.9, 50, 50), 1001);
    series.addEvent(event("one", 1001.2, 7), 1001.3);
    expect(series.get(1000)).toEqual({ received: 150, passed: 60, dropped: 90, challenged: 0 });
    expect(series.get(1001)?.received).toBe(7);
  });

  it("counts a report once", () => {
    const series = new StatsSeries();
    expect(series.addEvent(event("one", 1000.2, 100), 1000.3)).toBe(true);
    expect(series.addEvent(event("one", 1000.2, 100), 1000.4)).toBe(false);
    expect(series.get(1000)?.received).toBe(100);
  });

  it("does not count twice what history and events both hold", () => {
    const series = new StatsSeries();
    series.addEvent(event("one", 1000.2, 100), 1000.3);
    series.addHistory([point(999, 80), point(1000, 100)]);
    expect(series.get(1000)?.received).toBe(100);
    series.addEvent(event("two", 1000.6, 20), 1000.7);
    expect(series.get(1000)?.received).toBe(120);
    series.addHistory([point(1000, 120)]);
    expect(series.get(1000)?.received).toBe(120);
    expect(series.get(999)?.received).toBe(80);
  });

  it("is zero inside what was reported and unknown outside", () => {
    const series = new StatsSeries();
    series.addHistory([point(1000, 5), point(1003, 6)]);
    expect(series.get(999)).toBeNull();
    expect(series.get(1001)?.received).toBe(0);
    expect(series.get(1004)).toBeNull();
  });

  it("gives exactly the seconds asked for", () => {
    const series = new StatsSeries();
    series.addHistory([point(1000, 5), point(1001, 6)]);
    const [times, received] = series.window(1002, 4);
    expect(times).toEqual([999, 1000, 1001, 1002]);
    expect(received).toEqual([null, 5, 6, null]);
    expect(series.window(1_700_000_000)[0]).toHaveLength(300);
  });

  it("follows the nodes' clock where ours is wrong", () => {
    const series = new StatsSeries();
    // Ours is an hour ahead; the slower second delivery does not change the estimate.
    series.addEvent(event("one", 1000.2, 1), 4600.3);
    series.addEvent(event("one", 1001.2, 1), 4602.2);
    expect(series.complete(4601.3)).toBe(999);
    expect(series.complete(4602.0)).toBe(1000);
    expect(series.complete(4603.0)).toBe(1001);
  });

  it("does not drift: after a sleep the end is where the clock is", () => {
    const series = new StatsSeries();
    series.addEvent(event("one", 1000, 1), 1000);
    expect(series.complete(1001.5)).toBe(1000);
    expect(series.complete(1301.5)).toBe(1300);
  });

  it("forgets what is too old", () => {
    const series = new StatsSeries();
    series.addHistory([point(1000, 5)]);
    series.addEvent(event("one", 2000, 1), 2000);
    expect(series.get(1000)).toBeNull();
    expect(series.get(2000)?.received).toBe(1);
  });
});

describe("Rolling", () => {
  const rule = (packets: number, tags: Record<string, number> = {}) => ({
    rule_id: "r1",
    packets,
    passed: packets,
    dropped: 0,
    challenged: 0,
    tags,
  });

  it("sums rules over nodes and keeps a minute", () => {
    const rolling = new Rolling();
    rolling.add(event("one", 1000.1, 5, 0, { rules: [rule(5, { 0: 3, 7: 2 })] }));
    rolling.add(event("two", 1000.8, 6, 0, { rules: [rule(6, { 7: 6 })] }));
    rolling.add(event("one", 1059.1, 1, 0, { rules: [rule(1, { 9: 1 })] }));
    expect(rolling.rule("r1", 1000).packets).toBe(11);
    expect(rolling.rule("r1", 1001).packets).toBe(0);
    expect(rolling.tags(1059)).toEqual([
      ["7", 8],
      ["0", 3],
      ["9", 1],
    ]);
    expect(rolling.tags(1060)).toEqual([["9", 1]]);
    const spark = rolling.spark("r1", 1059);
    expect(spark).toHaveLength(60);
    expect([spark[0], spark[1], spark[59]]).toEqual([11, 0, 1]);
  });

  it("orders the sources of the minute", () => {
    const rolling = new Rolling();
    const source = (address: string, packets: number) => ({ address, packets, dropped: 0 });
    rolling.add(event("one", 1000, 5, 0, { sources: [source("10.0.0.1", 5), source("10.0.0.2", 3)] }));
    rolling.add(event("two", 1001, 5, 0, { sources: [source("10.0.0.2", 4)] }));
    expect(rolling.sources(1001, 5).map((item) => [item.address, item.packets])).toEqual([
      ["10.0.0.2", 7],
      ["10.0.0.1", 5],
    ]);
    expect(rolling.sources(1001, 1)).toHaveLength(1);
    expect(rolling.sources(2000, 5)).toEqual([]);
  });
});
