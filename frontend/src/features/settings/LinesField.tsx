import { type RefObject, useMemo, useRef } from "react";
import type { LineError } from "@/api/lists";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  errors: readonly LineError[];
  readOnly?: boolean;
  area: RefObject<HTMLTextAreaElement | null>;
}

/** A text area with numbers at its lines, red where a line has an error. */
export function LinesField({ label, value, onChange, errors, readOnly, area }: Props) {
  const numbers = useRef<HTMLPreElement>(null);
  const gutter = useMemo(() => {
    const bad = new Map(errors.map((error) => [error.line, error.message]));
    const parts: React.ReactNode[] = [];
    let run = "";
    const count = value.split("\n").length;
    for (let line = 1; line <= count; line++) {
      const message = bad.get(line);
      if (message === undefined) {
        run += `${line}\n`;
        continue;
      }
      parts.push(run, <span className="bad" title={message} key={line}>{`! ${line}\n`}</span>);
      run = "";
    }
    // The last line keeps the two columns level where the text area has a scroll bar at its foot.
    return [...parts, `${run}\n\n`];
  }, [value, errors]);
  return (
    <div className="lines">
      <pre className="lines-numbers" aria-hidden="true" ref={numbers}>
        {gutter}
      </pre>
      <textarea
        ref={area}
        aria-label={label}
        aria-invalid={errors.length > 0 || undefined}
        spellCheck={false}
        wrap="off"
        value={value}
        readOnly={readOnly}
        placeholder={"198.51.100.0/24  # a note\n2001:db8::/32"}
        data-testid="list-text"
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => {
          if (numbers.current) numbers.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
