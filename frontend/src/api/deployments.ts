/** Rules and deployments. */

import { client, unwrap } from "./client";
import type { Deployment, DeploymentRequest, Review, Rule, SwitchedOffRule } from "./types";

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

/** Disables every live rule at once; returns those that were on. */
export async function switchOff(account: string, reason: string): Promise<SwitchedOffRule[]> {
  const options = { params: { path: { account } }, body: { reason } };
  return (await unwrap(client.POST(`${BASE}/emergency-off`, options))).rules;
}

/** `switchOn` is for approving what was switched off while it waited. */
export function decide(
  account: string,
  deployment: string,
  verb: Verb,
  { reason = "", switchOn = false } = {},
): Promise<Deployment> {
  const params = { path: { account, deployment } };
  if (verb === "approve")
    return unwrap(
      client.POST(`${BASE}/deployments/{deployment}/approve`, { params, body: { switch_on: switchOn } }),
    );
  return unwrap(client.POST(`${BASE}/deployments/{deployment}/${verb}`, { params, body: { reason } }));
}
