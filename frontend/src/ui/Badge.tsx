import type { ReactNode } from "react";

export type Tone = "neutral" | "good" | "bad" | "warn" | "info" | "accent";
interface Props {
  tone?: Tone;
  dot?: boolean;
  pulse?: boolean;
  children: ReactNode;
  testId?: string;
  /** The state as the API names it, for tests. */
  state?: string;
}

/** A short state in a colour; the words carry the meaning, the colour only helps. */
export function Badge({ tone = "neutral", dot, pulse, children, testId, state }: Props) {
  return (
    <span className={`badge badge-${tone}`} data-testid={testId} data-state={state}>
      {dot && <span className={pulse ? "dot dot-pulse" : "dot"} aria-hidden="true" />}
      {children}
    </span>
  );
}
