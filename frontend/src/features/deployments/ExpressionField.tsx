import { TextArea } from "@/ui/Field";

interface Props {
  value: string;
  onChange: (value: string) => void;
  /** The server's sentence about this expression, if it refused it. */
  error?: string;
  /** The character that it names, from 0. */
  position?: number | null;
}

/** The text around the character that is wrong, cut to a line. */
export function around(text: string, position: number): { before: string; at: string; after: string } {
  const from = Math.max(0, position - 40);
  return {
    before: (from > 0 ? "…" : "") + text.slice(from, position),
    at: text.slice(position, position + 1) || " ",
    after: text.slice(position + 1, position + 40),
  };
}

/** A rule's expression, with the place of the error that the server found. */
export function ExpressionField({ value, onChange, error, position = null }: Props) {
  const parts = position === null ? null : around(value, position);
  return (
    <div className="expression">
      <TextArea
        label="Expression"
        value={value}
        onChange={onChange}
        mono
        rows={2}
        maxLength={8192}
        placeholder="udp.dstport in {7000..7999} and not ip.src in {10.0.0.0/8}"
        hint="Which UDP packets the program looks at. Empty: all of them."
        error={error}
        testId="deploy-expression"
      />
      {parts && (
        <pre className="expression-error" aria-hidden="true" data-testid="expression-position">
          {parts.before}
          <mark>{parts.at}</mark>
          {parts.after}
        </pre>
      )}
    </div>
  );
}
