/** Rules and deployments. */

import { client, unwrap } from "./client";
import type { Deployment, DeploymentRequest, Review, Rule } from "./types";

const BASE = "/api/v1/accounts/{account}" as const;
/** How many deployments are read, newest first. */
export const DEPLOYMENTS_SHOWN = 100;
export type Verb = "approve" | "reject" | "rollback" | "withdraw" | "submit";

export async function listRules(account: string): Promise<Rule[]> {
  const params = { path: { account }, query: { page_size: 500 } };
  return (await unwrap(client.GET(`${BASE}/rules`, { params }))).results as unknown as Rule[];
}

export async function listDeployments(account: string): Promise<Deployment[]> {
  const params = { path: { account }, query: { page_size: DEPLOYMENTS_SHOWN } };
  return (await unwrap(client.GET(`${BASE}/deployments`, { params }))).results;
}

export function getDeployment(account: string, deployment: string): Promise<Review> {
  return unwrap(
    client.GET(`${BASE}/deployments/{deployment}`, { params: { path: { account, deployment } } }),
  );
}

/** What can be left out takes the server's default. */
export function requestDeployment(account: string, body: Partial<DeploymentRequest>): Promise<Deployment> {
  return unwrap(
    client.POST(`${BASE}/deployments`, { params: { path: { account } }, body: body as DeploymentRequest }),
  );
}

export function decide(account: string, deployment: string, verb: Verb, reason = ""): Promise<Deployment> {
  const options = { params: { path: { account, deployment } }, body: { reason } };
  return unwrap(client.POST(`${BASE}/deployments/{deployment}/${verb}`, options));
}
