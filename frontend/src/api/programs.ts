/** Programs, versions, captures and replays. */

import { client, csrfToken, tellLoggedOut, unwrap } from "./client";
import { ApiError, apiError } from "./errors";
import type { Capture, Program, Replay, ReplayRow, Version } from "./types";

/** The server's limit for a capture, in bytes. */
export const CAPTURE_LIMIT = 32 * 1024 * 1024;
/** How many versions are read: the most that the server gives at once, as each comes with its source. */
export const VERSIONS_SHOWN = 50;
const BASE = "/api/v1/accounts/{account_id}" as const;

export async function listPrograms(account_id: string): Promise<Program[]> {
  const page = await unwrap(
    client.GET(`${BASE}/programs`, { params: { path: { account_id }, query: { page_size: 500 } } }),
  );
  return page.results;
}

export function getProgram(account_id: string, program_id: string): Promise<Program> {
  return unwrap(
    client.GET(`${BASE}/programs/{program_id}`, { params: { path: { account_id, program_id } } }),
  );
}

export function createProgram(account_id: string, name: string, source: string): Promise<Program> {
  return unwrap(
    client.POST(`${BASE}/programs`, { params: { path: { account_id } }, body: { name, source } }),
  );
}

export function renameProgram(account_id: string, program_id: string, name: string): Promise<Program> {
  const path = { account_id, program_id };
  return unwrap(client.PATCH(`${BASE}/programs/{program_id}`, { params: { path }, body: { name } }));
}

export function deleteProgram(account_id: string, program_id: string): Promise<unknown> {
  return unwrap(
    client.DELETE(`${BASE}/programs/{program_id}`, { params: { path: { account_id, program_id } } }),
  );
}

export async function listVersions(account_id: string, program_id: string): Promise<Version[]> {
  const params = { path: { account_id, program_id }, query: { page_size: VERSIONS_SHOWN } };
  return (await unwrap(client.GET(`${BASE}/programs/{program_id}/versions`, { params }))).results;
}

export function addVersion(account_id: string, program_id: string, source: string): Promise<Version> {
  const params = { path: { account_id, program_id } };
  return unwrap(client.POST(`${BASE}/programs/{program_id}/versions`, { params, body: { source } }));
}

/** Compiles and verifies without saving. */
export function check(account_id: string, source: string) {
  return unwrap(client.POST(`${BASE}/check`, { params: { path: { account_id } }, body: { source } }));
}

export async function listCaptures(account_id: string): Promise<Capture[]> {
  const params = { path: { account_id }, query: { page_size: 500 } };
  return (await unwrap(client.GET(`${BASE}/captures`, { params }))).results;
}

export function deleteCapture(account_id: string, capture_id: string): Promise<unknown> {
  return unwrap(
    client.DELETE(`${BASE}/captures/{capture_id}`, { params: { path: { account_id, capture_id } } }),
  );
}

export async function listReplays(account_id: string, version: string): Promise<ReplayRow[]> {
  const params = { path: { account_id }, query: { version, page_size: 20 } };
  return (await unwrap(client.GET(`${BASE}/replays`, { params }))).results;
}

export function getReplay(account_id: string, replay_id: string): Promise<Replay> {
  return unwrap(client.GET(`${BASE}/replays/{replay_id}`, { params: { path: { account_id, replay_id } } }));
}

export function startReplay(
  account_id: string,
  version: string,
  capture: string,
  ip_offset: number | null,
): Promise<Replay> {
  const body = { version, capture, ip_offset };
  return unwrap(client.POST(`${BASE}/replays`, { params: { path: { account_id } }, body }));
}

export function annotatedUrl(account_id: string, replay_id: string): string {
  return `/api/v1/accounts/${account_id}/replays/${replay_id}/annotated`;
}

/** Raises ApiError (`capture.too_large`, `capture.empty`) for files that the server would refuse. */
export function checkCapture(file: File): void {
  if (file.size > CAPTURE_LIMIT) {
    const size = (file.size / 1024 / 1024).toFixed(1);
    const text = `${file.name} has ${size} MB; a capture may have 32 MB. Cut it, for example with editcap -c.`;
    throw new ApiError(413, "capture.too_large", text);
  }
  if (file.size === 0) throw new ApiError(400, "capture.empty", `${file.name} is empty.`);
}

/** Sends a capture; `onProgress` gets the share that was sent, 0 to 1. */
export function uploadCapture(
  account_id: string,
  file: File,
  onProgress: (share: number) => void,
): Promise<Capture> {
  return new Promise((resolve, reject) => {
    checkCapture(file);
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/accounts/${account_id}/captures`);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    request.onerror = () => reject(apiError(0, null));
    request.onload = () => {
      if (request.status < 300) return resolve(request.response as Capture);
      if (request.status === 401) tellLoggedOut();
      reject(apiError(request.status, request.response));
    };
    const form = new FormData();
    form.append("file", file);
    form.append("name", file.name.slice(0, 200));
    request.send(form);
  });
}
