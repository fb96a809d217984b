import { type InputHTMLAttributes, type ReactNode, useId } from "react";

interface Common {
  label: string;
  hint?: ReactNode;
  error?: string;
  testId?: string;
}

function Frame({ label, hint, error, id, children }: Common & { id: string; children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {error ? (
        <p className="field-error" id={`${id}-hint`}>
          {error}
        </p>
      ) : (
        hint && (
          <p className="field-hint" id={`${id}-hint`}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

type Input = Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value" | "id">;
type TextProps = Common & Input & { value: string; onChange: (value: string) => void; list?: string };

export function TextField({ label, hint, error, testId, value, onChange, ...rest }: TextProps) {
  const id = useId();
  return (
    <Frame label={label} hint={hint} error={error} id={id}>
      <input
        className="input"
        {...rest}
        id={id}
        value={value}
        data-testid={testId}
        aria-invalid={error ? true : undefined}
        aria-describedby={hint || error ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
    </Frame>
  );
}

type AreaProps = Common & {
  value: string;
  onChange: (value: string) => void;
  rows?: number;
  maxLength?: number;
  mono?: boolean;
  placeholder?: string;
};

export function TextArea({ label, hint, error, testId, value, onChange, mono, ...rest }: AreaProps) {
  const id = useId();
  return (
    <Frame label={label} hint={hint} error={error} id={id}>
      <textarea
        {...rest}
        className={mono ? "input mono" : "input"}
        id={id}
        value={value}
        data-testid={testId}
        spellCheck={!mono}
        aria-invalid={error ? true : undefined}
        aria-describedby={hint || error ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
    </Frame>
  );
}

type SelectProps<T extends string> = Common & {
  value: T;
  onChange: (value: T) => void;
  options: ReadonlyArray<{ value: T; label: string }>;
  disabled?: boolean;
};

export function Select<T extends string>({
  label,
  hint,
  error,
  testId,
  value,
  onChange,
  options,
  disabled,
}: SelectProps<T>) {
  const id = useId();
  return (
    <Frame label={label} hint={hint} error={error} id={id}>
      <select
        className="input"
        id={id}
        value={value}
        disabled={disabled}
        data-testid={testId}
        onChange={(event) => onChange(event.target.value as T)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Frame>
  );
}
