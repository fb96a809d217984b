/** Rules, tags and sources of the last minute, from events. */

import type { SourceStats, StatsEvent, StatsPoint } from "@/api/types";

export const MINUTE = 60;
/** Seconds that are kept: somebody may have paused to look at a minute. */
const KEPT = 15 * MINUTE;
const RULE_FIELDS = [
  "packets",
  "passed",
  "dropped",
  "would_drop",
  "challenged",
  "errors",
  "allowlisted",
  "skipped",
] as const;
export type RuleCounts = Record<(typeof RULE_FIELDS)[number], number>;

interface Slice {
  rules: Map<string, RuleCounts>;
  tags: Map<string, number>;
  sources: Map<string, { packets: number; dropped: number }>;
}

const noCounts = (): RuleCounts => ({
  packets: 0,
  passed: 0,
  dropped: 0,
  would_drop: 0,
  challenged: 0,
  errors: 0,
  allowlisted: 0,
  skipped: 0,
});

export class Rolling {
  private readonly slices = new Map<number, Slice>();
  private readonly seeds = new Map<string, Map<number, number>>();

  /** What the server knows of a rule's packets by the second, for seconds before the first event. */
  seed(id: string, points: readonly StatsPoint[]): void {
    const known = this.seeds.get(id) ?? new Map<number, number>();
    for (const point of points) known.set(Math.floor(point.at), point.received);
    this.seeds.set(id, known);
  }

  add(event: StatsEvent): void {
    const second = Math.floor(event.at);
    let slice = this.slices.get(second);
    if (!slice) {
      slice = { rules: new Map(), tags: new Map(), sources: new Map() };
      this.slices.set(second, slice);
      for (const old of this.slices.keys()) if (old < second - KEPT) this.slices.delete(old);
    }
    for (const rule of event.rules ?? []) {
      const counts = slice.rules.get(rule.rule_id) ?? noCounts();
      for (const field of RULE_FIELDS) counts[field] += rule[field] ?? 0;
      slice.rules.set(rule.rule_id, counts);
      for (const [tag, packets] of Object.entries(rule.tags ?? {})) {
        slice.tags.set(tag, (slice.tags.get(tag) ?? 0) + packets);
      }
    }
    for (const source of event.sources ?? []) {
      const counts = slice.sources.get(source.address) ?? { packets: 0, dropped: 0 };
      counts.packets += source.packets;
      counts.dropped += source.dropped;
      slice.sources.set(source.address, counts);
    }
  }

  private *minute(end: number): Generator<Slice> {
    for (let second = end - MINUTE + 1; second <= end; second += 1) {
      const slice = this.slices.get(second);
      if (slice) yield slice;
    }
  }

  /** The rules that were heard of in the minute up to `end`. */
  ruleIds(end: number): string[] {
    const ids = new Set<string>();
    for (const slice of this.minute(end)) for (const id of slice.rules.keys()) ids.add(id);
    return [...ids];
  }

  /** One rule in one second. */
  rule(id: string, second: number): RuleCounts {
    return this.slices.get(second)?.rules.get(id) ?? noCounts();
  }

  /** Packets of a rule in each second of the minute up to `end`. */
  spark(id: string, end: number): number[] {
    return Array.from({ length: MINUTE }, (_, at) => {
      const second = end - MINUTE + 1 + at;
      return Math.max(this.rule(id, second).packets, this.seeds.get(id)?.get(second) ?? 0);
    });
  }

  /** Packets by tag, most first. */
  tags(end: number): Array<[string, number]> {
    const sums = new Map<string, number>();
    for (const slice of this.minute(end)) {
      for (const [tag, packets] of slice.tags) sums.set(tag, (sums.get(tag) ?? 0) + packets);
    }
    return [...sums].sort((a, b) => b[1] - a[1] || Number(a[0]) - Number(b[0]));
  }

  /** The busiest sources, most packets first. */
  sources(end: number, most: number): SourceStats[] {
    const sums = new Map<string, SourceStats>();
    for (const slice of this.minute(end)) {
      for (const [address, { packets, dropped }] of slice.sources) {
        const sum = sums.get(address) ?? { address, packets: 0, dropped: 0 };
        sums.set(address, { address, packets: sum.packets + packets, dropped: sum.dropped + dropped });
      }
    }
    return [...sums.values()]
      .sort((a, b) => b.packets - a.packets || (a.address < b.address ? -1 : 1))
      .slice(0, most);
  }
}
