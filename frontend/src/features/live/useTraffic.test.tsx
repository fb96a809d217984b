import { act, renderHook } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { StatsEvent } from "@/api/types";
import { live } from "@/live/socket";
import { useTraffic } from "./useTraffic";

const START = 1_700_000_000;
const point = (at: number, received: number) => ({
  at,
  received,
  passed: received,
  dropped: 0,
  challenged: 0,
});
let history: ReturnType<typeof point>[];
let status: number;

/** Hands an event to whoever listens, as the socket does. */
function say(event: string, data: object): void {
  act(() => (live as unknown as { receive(text: string): void }).receive(JSON.stringify({ event, data })));
}
const stats = (node: string, at: number, received: number): Partial<StatsEvent> => ({
  node,
  ...point(at, received),
});
const settle = () => act(async () => void (await vi.advanceTimersByTimeAsync(0)));

beforeEach(() => {
  vi.useFakeTimers({ now: START * 1000 });
  history = [point(START - 3, 10), point(START - 2, 20)];
  status = 200;
  vi.stubGlobal("fetch", async () => {
    const body =
      status === 200
        ? { points: history, rules: [], resolution: 1, tags: {}, sources: [] }
        : { detail: "Busy." };
    return Response.json(body, { status });
  });
});

describe("useTraffic", () => {
  it("begins with the history and adds events of several nodes", async () => {
    const { result } = renderHook(() => useTraffic("a", false));
    await settle();
    expect(result.current.loaded).toBe(true);
    expect(result.current.series.get(START - 2)?.received).toBe(20);
    say("stats", stats("one", START - 0.9, 5));
    say("stats", stats("two", START - 0.1, 6));
    say("stats", stats("two", START - 0.1, 6));
    expect(result.current.series.get(START - 1)?.received).toBe(11);
    act(() => void vi.advanceTimersByTime(1000));
    expect(result.current.end).toBe(START - 1);
  });

  it("stands still while paused and is right again at once", async () => {
    const { result, rerender } = renderHook(({ paused }) => useTraffic("a", paused), {
      initialProps: { paused: false },
    });
    await settle();
    say("stats", stats("one", START, 5));
    act(() => void vi.advanceTimersByTime(2000));
    const end = result.current.end;
    rerender({ paused: true });
    act(() => void vi.advanceTimersByTime(60_000));
    expect(result.current.end).toBe(end);
    say("stats", stats("one", START + 61, 7));
    rerender({ paused: false });
    expect(result.current.end).toBe(end + 60);
    expect(result.current.series.get(START + 61)?.received).toBe(7);
  });

  it("fetches what it missed when the connection is back", async () => {
    const { result } = renderHook(() => useTraffic("a", false));
    await settle();
    history = [...history, point(START - 1, 30)];
    say("subscribed", { account: "a" });
    await settle();
    expect(result.current.series.get(START - 1)?.received).toBe(30);
  });

  it("says when the history cannot be read", async () => {
    status = 503;
    const { result } = renderHook(() => useTraffic("a", false));
    await settle();
    expect(result.current.error).toBe("Busy.");
  });

  it("starts anew for another account", async () => {
    const { result, rerender } = renderHook(({ account }) => useTraffic(account, false), {
      initialProps: { account: "a" },
    });
    await settle();
    history = [];
    rerender({ account: "b" });
    await settle();
    expect(result.current.series.empty).toBe(true);
  });

  it("stops listening when the page is left", async () => {
    const { result, unmount } = renderHook(() => useTraffic("a", false));
    await settle();
    const { series } = result.current;
    unmount();
    say("stats", stats("one", START, 5));
    expect(series.get(START)).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });
});
