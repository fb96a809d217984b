/** The typed client: session cookie, CSRF header, errors as ApiError, and a call-back when the session is over. */

import createClient, { type Middleware } from "openapi-fetch";
import { ApiError, apiError } from "./errors";
import type { paths } from "./schema";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
let onLoggedOut: () => void = () => {};

/** What to do when an answer says that nobody is logged in. */
export function whenLoggedOut(action: () => void): void {
  onLoggedOut = action;
}

/** Called for requests that do not go through the typed client. */
export function tellLoggedOut(): void {
  onLoggedOut();
}

/** The value of Django's CSRF cookie, or an empty string. */
export function csrfToken(cookies: string = document.cookie): string {
  const found = cookies.split("; ").find((cookie) => cookie.startsWith("csrftoken="));
  return found ? decodeURIComponent(found.slice("csrftoken=".length)) : "";
}

const session: Middleware = {
  onRequest({ request }) {
    if (!SAFE.has(request.method)) request.headers.set("X-CSRFToken", csrfToken());
    return request;
  },
};

export const client = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  fetch: (request) => globalThis.fetch(request),
});
client.use(session);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Whether the answer means that the session is over, and not that a password was wrong. */
function isLoggedOut(error: ApiError): boolean {
  if (error.status === 401) return error.code !== "login.refused";
  return error.status === 403 && error.code === "not_authenticated";
}

/** The data of an answer. Raises ApiError for everything else, with status 0 where there was no answer. */
export async function unwrap<T>(pending: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await pending;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw apiError(0, null);
  }
  if (answer.response.ok) return answer.data as T;
  const error = apiError(answer.response.status, answer.error);
  if (isLoggedOut(error)) onLoggedOut();
  throw error;
}

export { ApiError };
