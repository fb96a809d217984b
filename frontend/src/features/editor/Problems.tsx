import type { Diagnostic } from "@/api/types";
import { Icon } from "@/ui/Icon";

interface Props {
  diagnostics: readonly Diagnostic[];
  onJump: (line: number, column: number) => void;
  /** What to say where there are none. */
  none: string;
}

/** Diagnostics as a list; each with a place leads to it. */
export function Problems({ diagnostics, onJump, none }: Props) {
  if (diagnostics.length === 0) {
    return (
      <p className="problems-none muted" data-testid="diagnostics">
        {none}
      </p>
    );
  }
  return (
    <ul className="problems" data-testid="diagnostics">
      {diagnostics.map((found, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced as a whole.
        <li key={at}>
          <button
            type="button"
            disabled={found.line == null}
            onClick={() => found.line != null && onJump(found.line, found.column ?? 1)}
          >
            <span className={`problem-sign severity-${found.severity}`}>
              <Icon
                name={
                  found.severity === "error" ? "close" : found.severity === "warning" ? "warning" : "info"
                }
                size={15}
              />
              <span className="visually-hidden">{found.severity}: </span>
            </span>
            <span className="problem-text">
              <span className="break">{found.message}</span>
              {found.hint && <span className="problem-hint break">{found.hint}</span>}
            </span>
            <span className="faint number nowrap">
              {found.line != null ? `${found.line}:${found.column ?? 1}` : found.stage}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
