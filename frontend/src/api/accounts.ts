/** The session, and the account's settings. */

import { client, unwrap } from "./client";
import type {
  AllowlistEntry,
  AuditEntry,
  IssuedToken,
  Me,
  Member,
  Prefix,
  Role,
  Token,
  Usage,
} from "./types";

const BASE = "/api/v1/accounts/{account_id}" as const;
const ALL = { page_size: 500 };

export const logIn = (email: string, password: string): Promise<Me> =>
  unwrap(client.POST("/api/v1/auth/login", { body: { email, password } }));
export const logOut = (): Promise<unknown> => unwrap(client.POST("/api/v1/auth/logout"));
export const getMe = (): Promise<Me> => unwrap(client.GET("/api/v1/me"));

export const getAccount = (account_id: string) =>
  unwrap(client.GET(BASE, { params: { path: { account_id } } }));
export const changeAccount = (
  account_id: string,
  body: {
    name?: string;
    approvers?: "operator" | "account";
    self_approval?: boolean;
    waives_approval?: boolean;
    on_error?: "pass" | "drop";
    on_too_large?: "pass" | "drop";
    portable_only?: boolean;
  },
) => unwrap(client.PATCH(BASE, { params: { path: { account_id } }, body }));

export const getUsage = (account_id: string): Promise<Usage> =>
  unwrap(client.GET(`${BASE}/usage`, { params: { path: { account_id } } }));

export async function listPrefixes(account_id: string): Promise<Prefix[]> {
  const params = { path: { account_id }, query: ALL };
  return (await unwrap(client.GET(`${BASE}/prefixes`, { params }))).results;
}
export const addPrefix = (account_id: string, cidr: string): Promise<Prefix> =>
  unwrap(client.POST(`${BASE}/prefixes`, { params: { path: { account_id } }, body: { cidr } }));
export const removePrefix = (account_id: string, prefix_id: number): Promise<unknown> =>
  unwrap(client.DELETE(`${BASE}/prefixes/{prefix_id}`, { params: { path: { account_id, prefix_id } } }));

export async function listAllowlist(account_id: string): Promise<AllowlistEntry[]> {
  const params = { path: { account_id }, query: ALL };
  return (await unwrap(client.GET(`${BASE}/allowlist`, { params }))).results;
}
export const addAllowlist = (account_id: string, cidr: string, note: string): Promise<AllowlistEntry> =>
  unwrap(client.POST(`${BASE}/allowlist`, { params: { path: { account_id } }, body: { cidr, note } }));
export const removeAllowlist = (account_id: string, entry_id: number): Promise<unknown> =>
  unwrap(client.DELETE(`${BASE}/allowlist/{entry_id}`, { params: { path: { account_id, entry_id } } }));

export async function listTokens(account_id: string): Promise<Token[]> {
  const params = { path: { account_id }, query: ALL };
  return (await unwrap(client.GET(`${BASE}/tokens`, { params }))).results;
}
export const issueToken = (account_id: string, name: string, role: Role): Promise<IssuedToken> =>
  unwrap(client.POST(`${BASE}/tokens`, { params: { path: { account_id } }, body: { name, role } }));
export const revokeToken = (account_id: string, token_id: number): Promise<unknown> =>
  unwrap(client.DELETE(`${BASE}/tokens/{token_id}`, { params: { path: { account_id, token_id } } }));

export async function listMembers(account_id: string): Promise<Member[]> {
  const params = { path: { account_id }, query: ALL };
  return (await unwrap(client.GET(`${BASE}/members`, { params }))).results;
}
export const addMember = (account_id: string, email: string, role: Role): Promise<Member> =>
  unwrap(client.POST(`${BASE}/members`, { params: { path: { account_id } }, body: { email, role } }));
export const changeMember = (account_id: string, member_id: number, role: Role): Promise<Member> =>
  unwrap(
    client.PATCH(`${BASE}/members/{member_id}`, {
      params: { path: { account_id, member_id } },
      body: { role },
    }),
  );
export const removeMember = (account_id: string, member_id: number): Promise<unknown> =>
  unwrap(client.DELETE(`${BASE}/members/{member_id}`, { params: { path: { account_id, member_id } } }));

/** One page of the audit log, newest first, and whether there are older entries. */
export async function listAudit(
  account_id: string,
  page: number,
): Promise<{ rows: AuditEntry[]; more: boolean }> {
  const params = { path: { account_id }, query: { page, page_size: 50 } };
  const answer = await unwrap(client.GET(`${BASE}/audit`, { params }));
  return { rows: answer.results, more: Boolean(answer.next) };
}
