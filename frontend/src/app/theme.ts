/** Light, dark, or what the system says. The choice is kept in this browser. */

import { useSyncExternalStore } from "react";

export type Theme = "auto" | "light" | "dark";
const KEY = "flowprotect.theme";
const ORDER: Theme[] = ["auto", "light", "dark"];
const watchers = new Set<() => void>();
const system =
  typeof window.matchMedia === "function" ? window.matchMedia("(prefers-color-scheme: dark)") : null;

function read(): Theme {
  const kept = localStorage.getItem(KEY) as Theme | null;
  return kept && ORDER.includes(kept) ? kept : "auto";
}

let theme: Theme = read();

/** Puts the theme on the document; called once at the start and after each change. */
export function applyTheme(): void {
  const dark = theme === "dark" || (theme === "auto" && system?.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  for (const watcher of watchers) watcher();
}

export function nextTheme(): void {
  theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "auto";
  localStorage.setItem(KEY, theme);
  applyTheme();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

system?.addEventListener("change", applyTheme);

/** The choice. */
export const useTheme = (): Theme => useSyncExternalStore(watch, () => theme);

/** What is shown: for canvases, which cannot read CSS variables by themselves. */
export const useShownTheme = (): string =>
  useSyncExternalStore(watch, () => document.documentElement.dataset.theme ?? "light");
