import type { ButtonHTMLAttributes, ReactNode } from "react";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "plain" | "primary" | "danger" | "quiet";
  size?: "normal" | "small";
  busy?: boolean;
  icon?: ReactNode;
}

/** A button; `busy` shows a spinner and refuses clicks. */
export function Button({ kind = "plain", size = "normal", busy, icon, children, className, ...rest }: Props) {
  const classes = ["button", `button-${kind}`, size === "small" ? "button-small" : "", className ?? ""];
  return (
    <button
      type="button"
      {...rest}
      className={classes.filter(Boolean).join(" ")}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : icon}
      {children}
    </button>
  );
}
