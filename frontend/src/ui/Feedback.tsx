import type { ReactNode } from "react";
import { sentence } from "@/api/errors";
import { Button } from "./Button";
import { Icon, type IconName } from "./Icon";

/** A failure, where it happened. */
export function Problem({ children }: { children: ReactNode }) {
  return (
    <div className="problem" role="alert">
      <Icon name="warning" />
      <div>{children}</div>
    </div>
  );
}

/** A fact worth knowing before acting. */
export function Note({ children, tone = "info" }: { children: ReactNode; tone?: "info" | "warn" }) {
  return (
    <div className={`note note-${tone}`}>
      <Icon name={tone === "warn" ? "warning" : "info"} />
      <div>{children}</div>
    </div>
  );
}

/** A list that could not be read, with a way to try again. */
export function LoadError({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <div className="load-error">
      <Problem>{sentence(error)}</Problem>
      <Button size="small" onClick={retry}>
        Try again
      </Button>
    </div>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** Nothing here yet, and what to do about it. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} />
      </span>
      <h3>{title}</h3>
      <p>{children}</p>
      {action}
    </div>
  );
}

/** Grey lines in place of what is being read. */
export function Skeleton({ lines = 3, height = 44 }: { lines?: number; height?: number }) {
  return (
    <div className="skeletons" aria-busy="true">
      <span className="visually-hidden">Loading</span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike.
        <div className="skeleton" style={{ height }} key={line} />
      ))}
    </div>
  );
}
