/** Short messages at the edge of the page, for things that are done. Failures are shown where they happen. */

import { useSyncExternalStore } from "react";
import { Icon } from "./Icon";

interface Toast {
  id: number;
  text: string;
  tone: "good" | "bad";
}

let toasts: readonly Toast[] = [];
let next = 1;
const watchers = new Set<() => void>();
const LIFETIME = { good: 4000, bad: 9000 };

function put(changed: readonly Toast[]): void {
  toasts = changed;
  for (const watcher of watchers) watcher();
}

export function toast(text: string, tone: Toast["tone"] = "good"): void {
  const id = next++;
  put([...toasts.slice(-3), { id, text, tone }]);
  setTimeout(() => dismiss(id), LIFETIME[tone]);
}

function dismiss(id: number): void {
  put(toasts.filter((shown) => shown.id !== id));
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function Toasts() {
  const shown = useSyncExternalStore(watch, () => toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, tone }) => (
        <div key={id} className={`toast toast-${tone}`}>
          <Icon name={tone === "good" ? "check" : "warning"} />
          <span>{text}</span>
          <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </div>
  );
}
