/** History of traffic, sampled packets and nodes. */

import { client, unwrap } from "./client";
import type { EdgeNode, Sample, StatsPoint } from "./types";

const BASE = "/api/v1/accounts/{account_id}" as const;

/** The last `seconds` (at most 3,600) of traffic, or of one rule's packets, one point a second. */
export async function getStats(account_id: string, seconds: number, rule?: string): Promise<StatsPoint[]> {
  const params = { path: { account_id }, query: { seconds, rule } };
  return (await unwrap(client.GET(`${BASE}/stats`, { params }))).points;
}

export async function listSamples(account_id: string): Promise<Sample[]> {
  const params = { path: { account_id }, query: { page_size: 100 } };
  return (await unwrap(client.GET(`${BASE}/samples`, { params }))).results;
}

export async function listNodes(account_id: string): Promise<EdgeNode[]> {
  const params = { path: { account_id }, query: { page_size: 500 } };
  return (await unwrap(client.GET(`${BASE}/nodes`, { params }))).results;
}
