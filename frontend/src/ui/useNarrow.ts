import { useSyncExternalStore } from "react";

/** Whether the window is narrower than so many pixels. */
export function useNarrow(pixels: number): boolean {
  return useSyncExternalStore(
    (changed) => {
      window.addEventListener("resize", changed);
      return () => window.removeEventListener("resize", changed);
    },
    () => window.innerWidth < pixels,
  );
}
