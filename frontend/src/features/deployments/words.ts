/** Words and colours of deployments. */

import type { Deployment, Mode, Scope } from "@/api/types";
import type { Tone } from "@/ui/Badge";

export const STATE: Record<Deployment["state"], { label: string; tone: Tone }> = {
  draft: { label: "Draft", tone: "neutral" },
  pending: { label: "Pending approval", tone: "warn" },
  live: { label: "Live", tone: "good" },
  rejected: { label: "Rejected", tone: "bad" },
  withdrawn: { label: "Withdrawn", tone: "neutral" },
  expired: { label: "Expired", tone: "neutral" },
  superseded: { label: "Superseded", tone: "neutral" },
  rolled_back: { label: "Rolled back", tone: "info" },
};

export const MODES: ReadonlyArray<{ value: Mode; label: string; about: string }> = [
  { value: "enabled", label: "Enabled", about: "Its verdicts are applied: packets are dropped." },
  { value: "monitoring", label: "Monitoring", about: "It runs and is counted, and never drops." },
  { value: "disabled", label: "Disabled", about: "It does not run." },
];

export const SCOPES: ReadonlyArray<{ value: Scope; label: string }> = [
  { value: "global", label: "Global: every node" },
  { value: "region", label: "A region" },
  { value: "datacenter", label: "A datacenter" },
];

/** "global", "region eu". */
export function place(scope: string | null, name: string | null): string {
  return scope === "global" || !scope ? "global" : `${scope} ${name ?? ""}`.trim();
}

const CHANGE: Record<Deployment["change"], string> = {
  create: "New rule",
  update: "Change",
  delete: "Removal",
};

/** One line about what a deployment asks for. */
export function summaryOf(deployment: Deployment): string {
  const where = place(deployment.scope, deployment.name);
  const what = `${deployment.program.name ?? "a program"} v${deployment.version.number ?? "?"}`;
  if (deployment.change === "delete") return `${CHANGE.delete}: ${what} from ${where}`;
  return `${CHANGE[deployment.change]}: ${what} on ${where}, ${deployment.mode ?? ""}`;
}
