import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StatsEvent } from "@/api/types";
import { delayBefore, LiveSocket } from "./socket";

class FakeSocket {
  sent: unknown[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
    this.onclose?.({ code: 1000 });
  }
  event(event: string, data: unknown, account?: string) {
    this.onmessage?.({ data: JSON.stringify({ event, data, account }) });
  }
}

const A = "a".repeat(32);
const B = "b".repeat(32);
let sockets: FakeSocket[];
let live: LiveSocket;
const last = () => sockets.at(-1) as FakeSocket;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  live = new LiveSocket(
    () => "ws://test/ws",
    () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  );
});
afterEach(() => live.close());

describe("the live socket", () => {
  it("subscribes when it is open", () => {
    live.subscribe(A);
    expect(live.getState()).toEqual({ name: "connecting", attempt: 1 });
    last().onopen?.();
    expect(live.getState()).toEqual({ name: "live" });
    expect(last().sent).toEqual([{ type: "subscribe", account: A }]);
  });

  it("hands events to their handlers until they stop", () => {
    const seen: number[] = [];
    live.subscribe(A);
    last().onopen?.();
    const stop = live.on("stats", (event: StatsEvent) => seen.push(event.at));
    last().event("stats", { at: 1 });
    last().event("build", { state: "ready" });
    stop();
    last().event("stats", { at: 2 });
    expect(seen).toEqual([1]);
  });

  it("survives messages that are not events", () => {
    const seen: unknown[] = [];
    live.subscribe(A);
    live.on("stats", (event) => seen.push(event));
    for (const data of ["", "{", "null", "[]", '{"event":1}', '{"event":"stats","data":null}']) {
      last().onmessage?.({ data });
    }
    expect(seen).toEqual([]);
  });

  it("connects again with longer waits, says when, and subscribes again", () => {
    live.subscribe(A);
    last().onopen?.();
    last().onclose?.({ code: 1006 });
    const lost = live.getState();
    expect(lost.name).toBe("lost");
    if (lost.name === "lost") expect(lost.retryAt).toBeGreaterThan(Date.now());
    vi.advanceTimersByTime(1000);
    expect(sockets).toHaveLength(2);
    last().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(1000);
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(1000);
    expect(sockets).toHaveLength(3);
    last().onopen?.();
    expect(live.getState()).toEqual({ name: "live" });
    expect(last().sent).toEqual([{ type: "subscribe", account: A }]);
  });

  it("tells when the subscription is there, so that what was missed can be fetched", () => {
    const opened = vi.fn();
    live.onOpen(opened);
    live.subscribe(A);
    last().onopen?.();
    expect(opened).not.toHaveBeenCalled();
    last().event("subscribed", { account: A });
    expect(opened).toHaveBeenCalledTimes(1);
  });

  it("tries at once when asked to", () => {
    live.subscribe(A);
    last().onclose?.({ code: 1006 });
    live.retryNow();
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(2);
  });

  it("opens a socket of its own for another account and drops what the old one still says", () => {
    const seen: unknown[] = [];
    live.on("stats", (event) => seen.push(event));
    live.subscribe(A);
    const old = last();
    old.onopen?.();
    live.subscribe(B);
    expect(old.closed).toBe(true);
    old.event("stats", { at: 1 });
    last().onopen?.();
    last().event("stats", { at: 2 }, A);
    last().event("stats", { at: 3 }, B);
    expect(last().sent).toEqual([{ type: "subscribe", account: B }]);
    expect(seen).toEqual([{ at: 3 }]);
  });

  it("does not try again without a session", () => {
    live.onLoggedOut = vi.fn();
    live.subscribe(A);
    last().onopen?.();
    last().onclose?.({ code: 4401 });
    vi.advanceTimersByTime(60_000);
    expect(live.onLoggedOut).toHaveBeenCalledTimes(1);
    expect(sockets).toHaveLength(1);
    expect(live.getState()).toEqual({ name: "idle" });
  });

  it("stays closed after close", () => {
    live.subscribe(A);
    live.close();
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
  });
});

describe("delayBefore", () => {
  it("doubles up to half a minute", () => {
    expect([1, 2, 3, 4, 5, 6, 50].map((attempt) => delayBefore(attempt, () => 1))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
    expect(delayBefore(1, () => 0)).toBe(800);
  });
});
