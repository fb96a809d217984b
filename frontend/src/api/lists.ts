/** Named IP lists. */

import { client, unwrap } from "./client";
import { ApiError } from "./errors";
import type { IPList, IPListEntry, IPListText } from "./types";

const LISTS = "/api/v1/accounts/{account_id}/lists" as const;
const LIST = `${LISTS}/{list_id}` as const;

export async function listLists(account_id: string): Promise<IPList[]> {
  const params = { path: { account_id }, query: { page_size: 500 } };
  return (await unwrap(client.GET(LISTS, { params }))).results;
}
export const createList = (account_id: string, name: string, note: string): Promise<IPList> =>
  unwrap(client.POST(LISTS, { params: { path: { account_id } }, body: { name, note } }));
export const getList = (account_id: string, list_id: number): Promise<IPListText> =>
  unwrap(client.GET(LIST, { params: { path: { account_id, list_id } } }));
export const changeList = (
  account_id: string,
  list_id: number,
  body: { name?: string; note?: string },
): Promise<IPList> => unwrap(client.PATCH(LIST, { params: { path: { account_id, list_id } }, body }));
export const deleteList = (account_id: string, list_id: number): Promise<unknown> =>
  unwrap(client.DELETE(LIST, { params: { path: { account_id, list_id } } }));
/** Replaces what is on the list; `seen` is its modified_on as it was read. */
export const setEntries = (
  account_id: string,
  list_id: number,
  text: string,
  seen: string,
): Promise<IPList> =>
  unwrap(client.PUT(`${LIST}/entries`, { params: { path: { account_id, list_id } }, body: { text, seen } }));
export const addEntry = (
  account_id: string,
  list_id: number,
  cidr: string,
  note: string,
): Promise<IPListEntry> =>
  unwrap(client.POST(`${LIST}/entries`, { params: { path: { account_id, list_id } }, body: { cidr, note } }));

export interface LineError {
  line: number;
  message: string;
}

/** The bad lines that an answer names; none for any other failure. */
export function lineErrors(error: unknown): LineError[] {
  if (!(error instanceof ApiError) || error.code !== "list.lines") return [];
  return Array.isArray(error.fields.lines) ? (error.fields.lines as LineError[]) : [];
}
