/** Failures of the API, as a code for programs and a sentence for people. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly fields: Record<string, unknown> = {},
    /** Where in the text that was sent, in characters from 0. */
    readonly position: number | null = null,
  ) {
    super(detail);
    this.name = "ApiError";
  }
}

const BY_STATUS: Record<number, string> = {
  0: "FlowProtect cannot be reached. Check your connection and try again.",
  401: "Your session has ended. Log in again.",
  403: "You are not allowed to do this.",
  404: "This is no longer there.",
  409: "This cannot be done in the current state.",
  413: "This is too large.",
  429: "Too many requests. Wait a moment and try again.",
  500: "FlowProtect had an internal error. Nothing was lost; try again.",
  502: "FlowProtect is restarting. Try again in a few seconds.",
  503: "FlowProtect is busy. Try again in a few seconds.",
};

/** The error that an answer's body and status say; bodies that are not ours still give a sentence. */
export function apiError(status: number, body: unknown): ApiError {
  const known = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const code = typeof known.code === "string" ? known.code : `http.${status}`;
  const fields = typeof known.fields === "object" && known.fields ? known.fields : {};
  const fallback = BY_STATUS[status] ?? `FlowProtect answered with status ${status}.`;
  const detail = typeof known.detail === "string" && known.detail ? known.detail : fallback;
  const position = Number.isInteger(known.position) ? (known.position as number) : null;
  return new ApiError(status, code, detail, fields as Record<string, unknown>, position);
}

/** The first message of one invalid field, or undefined. */
export function fieldError(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  let found: unknown = error.fields[field];
  while (typeof found === "object" && found !== null) found = Object.values(found)[0];
  return typeof found === "string" ? found : undefined;
}

const GENERAL = new Set(["non_field_errors", "detail"]);

/** One sentence for any failure, naming the field where the server named it. */
export function sentence(error: unknown): string {
  if (error instanceof ApiError) {
    const [field] = Object.keys(error.fields);
    if (field === undefined || GENERAL.has(field)) return error.message;
    const text = fieldError(error, field) ?? error.message;
    const label = field.replaceAll("_", " ");
    return `${label.charAt(0).toUpperCase()}${label.slice(1)}: ${text}`;
  }
  if (error instanceof Error && error.message) return error.message;
  return "Something went wrong. Try again.";
}
