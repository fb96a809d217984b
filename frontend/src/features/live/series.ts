/**
 * Packets a second over all nodes.
 *
 * A node's report belongs to the second in which it was made, as on the server. History and events overlap: both are
 * parts of the same sum, so the larger one is nearer to the whole. Time comes from the reports' own clock, never from
 * counting: a page that slept shows the right seconds when it wakes.
 */

import type { StatsEvent, StatsPoint } from "@/api/types";

export const WINDOW = 300;
export const FIELDS = ["received", "passed", "dropped", "challenged"] as const;
export type Field = (typeof FIELDS)[number];
export type Counts = Record<Field, number>;

const KEPT = WINDOW + 60;
/** Seconds after the end of a second in which its last reports arrive. */
const GRACE = 0.5;

interface Second {
  history: Counts | null;
  events: Counts;
}

const zero = (): Counts => ({ received: 0, passed: 0, dropped: 0, challenged: 0 });

export class StatsSeries {
  private readonly seconds = new Map<number, Second>();
  private readonly seen = new Set<string>();
  /** Our clock minus the nodes', in seconds, with the quickest delivery so far; null before the first event. */
  private skew: number | null = null;
  private first = Number.POSITIVE_INFINITY;
  private last = Number.NEGATIVE_INFINITY;

  private at(second: number): Second {
    let found = this.seconds.get(second);
    if (!found) {
      found = { history: null, events: zero() };
      this.seconds.set(second, found);
    }
    this.first = Math.min(this.first, second);
    this.last = Math.max(this.last, second);
    return found;
  }

  /** Adds one node's report, once. `now` is our clock in Unix seconds. */
  addEvent(event: StatsEvent, now: number): boolean {
    const id = `${event.node} ${event.at}`;
    if (this.seen.has(id)) return false;
    this.seen.add(id);
    const { events } = this.at(Math.floor(event.at));
    for (const field of FIELDS) events[field] += event[field];
    const latency = now - event.at;
    this.skew = this.skew === null ? latency : Math.min(this.skew, latency);
    this.prune();
    return true;
  }

  /** Takes over what the server knows of these seconds. */
  addHistory(points: readonly StatsPoint[]): void {
    for (const point of points) {
      const second = this.at(Math.floor(point.at));
      const { received, passed, dropped, challenged } = point;
      second.history = { received, passed, dropped, challenged };
    }
    this.prune();
  }

  /** Whether anything was ever reported. */
  get empty(): boolean {
    return this.seconds.size === 0;
  }

  /** The newest second that has ended and been reported, on the nodes' clock. */
  complete(now: number): number {
    return Math.floor(now - (this.skew ?? 0) - GRACE) - 1;
  }

  /** The counts of a second; zero inside what was reported, null before the first and after the last report. */
  get(second: number): Counts | null {
    const found = this.seconds.get(second);
    if (!found) return second > this.first && second < this.last ? zero() : null;
    const counts = zero();
    for (const field of FIELDS) counts[field] = Math.max(found.history?.[field] ?? 0, found.events[field]);
    return counts;
  }

  /** The `length` seconds up to and with `end`, as uPlot takes them: times, then one list a field. */
  window(end: number, length: number = WINDOW): [number[], ...Array<Array<number | null>>] {
    const times: number[] = [];
    const lists: Array<Array<number | null>> = FIELDS.map(() => []);
    for (let second = end - length + 1; second <= end; second += 1) {
      times.push(second);
      const counts = this.get(second);
      FIELDS.forEach((field, at) => {
        lists[at]?.push(counts ? counts[field] : null);
      });
    }
    return [times, ...lists];
  }

  private prune(): void {
    const oldest = this.last - KEPT;
    for (const second of this.seconds.keys()) if (second < oldest) this.seconds.delete(second);
    this.first = Math.max(this.first, oldest);
    if (this.seen.size > 20 * KEPT) {
      for (const id of this.seen)
        if (Number(id.slice(id.lastIndexOf(" ") + 1)) < oldest) this.seen.delete(id);
    }
  }
}
