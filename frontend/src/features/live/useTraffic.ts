/** The account's traffic: history once, then an event a second and node, drawn once a second. */

import { useEffect, useRef, useState } from "react";
import { sentence } from "@/api/errors";
import { getStats } from "@/api/telemetry";
import { useLiveEvent, useLiveOpen } from "@/live/hooks";
import { Rolling } from "./rolling";
import { StatsSeries, WINDOW } from "./series";

const now = (): number => Date.now() / 1000;

export interface Traffic {
  series: StatsSeries;
  rolling: Rolling;
  /** The newest second to show; it stands still while paused. */
  end: number;
  loaded: boolean;
  error: string | null;
}

export function useTraffic(account: string, paused: boolean): Traffic {
  const store = useRef({ account, series: new StatsSeries(), rolling: new Rolling() });
  if (store.current.account !== account) {
    store.current = { account, series: new StatsSeries(), rolling: new Rolling() };
  }
  const { series, rolling } = store.current;
  const [end, setEnd] = useState(() => series.complete(now()));
  const [loaded, setLoaded] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const load = async () => {
    const into = store.current;
    try {
      into.series.addHistory(await getStats(account, WINDOW));
      setError(null);
    } catch (problem) {
      setError(sentence(problem));
    } finally {
      setLoaded(true);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another account is another history.
  useEffect(() => {
    setLoaded(false);
    load();
  }, [account]);
  // What happened while the connection was lost is only in the history.
  useLiveOpen(load);
  useLiveEvent("stats", (event) => {
    if (series.addEvent(event, now())) rolling.add(event);
  });

  useEffect(() => {
    if (paused) return;
    const tick = () => setEnd(series.complete(now()));
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [paused, series]);

  return { series, rolling, end, loaded, error };
}
