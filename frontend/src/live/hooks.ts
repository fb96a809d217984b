/** React's view of the live socket. */

import { useEffect, useRef, useSyncExternalStore } from "react";
import type { LiveEvents } from "@/api/types";
import { type LiveState, live } from "./socket";

/** Whether the page is connected. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(live.watch, live.getState);
}

/** Calls the newest `handler` for each event while the component is there. */
export function useLiveEvent<K extends keyof LiveEvents>(
  event: K,
  handler: (data: LiveEvents[K]) => void,
): void {
  const newest = useRef(handler);
  newest.current = handler;
  useEffect(() => live.on(event, (data) => newest.current(data)), [event]);
}

/** Calls `action` after each (re)connect while the component is there. */
export function useLiveOpen(action: () => void): void {
  const newest = useRef(action);
  newest.current = action;
  useEffect(() => live.onOpen(() => newest.current()), []);
}
