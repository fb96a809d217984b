/** Short names for the generated types, and the live events' types, which OpenAPI does not cover. */

import type { components } from "./schema";

type Schemas = components["schemas"];
export type Me = Schemas["Me"];
export type Role = Schemas["RoleEnum"];
export type Account = Schemas["Account"];
export type Program = Schemas["Program"];
export type Version = Schemas["Version"];
export type Build = Schemas["Build"];
export type BuildState = Build["state"];
export type Diagnostic = Schemas["Diagnostic"];
export type Facts = Schemas["Facts"];
export type Capture = Schemas["Capture"];
export type Replay = Schemas["Replay"];
/** A replay in a list: without its summary. */
export type ReplayRow = Omit<Replay, "summary">;
export type ReplaySummary = Schemas["ReplaySummary"];
export type ReplayedPacket = Schemas["ReplayedPacket"];
/** The document leaves open what is in the two objects. */
export type Rule = Omit<Schemas["Rule"], "program" | "version"> & {
  program: { id: string; name: string };
  version: { id: string; number: number };
};
export type Deployment = Schemas["Deployment"];
export type Review = Schemas["Review"];
export type SwitchedOffRule = Schemas["SwitchedOffRule"];
export type DeploymentRequest = Schemas["RequestRequest"];
export type Scope = Schemas["ScopeEnum"];
export type Mode = Schemas["ModeEnum"];
export type Prefix = Schemas["Prefix"];
export type Usage = Schemas["Usage"];
export type AllowlistEntry = Schemas["AllowlistEntry"];
export type IPList = Schemas["IPList"];
export type IPListText = Schemas["IPListText"];
export type IPListEntry = Schemas["IPListEntry"];
export type Token = Schemas["Token"];
export type IssuedToken = Schemas["IssuedToken"];
export type Member = Schemas["Member"];
export type AuditEntry = Schemas["AuditEntry"];

/** Event "build". */
export interface BuildEvent {
  version: string;
  program: string;
  state: BuildState;
  steps: Record<string, number>;
  diagnostics: Diagnostic[];
  instructions: number | null;
  verdict: Build["verdict"];
  facts: Facts | null;
  compiler: string;
}

/** Event "replay". */
export interface ReplayEvent {
  id: string;
  state: Replay["state"];
  error: string;
}

/** Packets of one second. `at` is in Unix seconds. */
export interface StatsPoint {
  at: number;
  received: number;
  passed: number;
  dropped: number;
  challenged: number;
}

/** What one rule did in an interval. */
export interface RuleStats {
  rule_id: string;
  mode?: string;
  packets: number;
  passed: number;
  dropped: number;
  would_drop?: number;
  challenged: number;
  errors?: number;
  allowlisted?: number;
  /** Of those that passed: without the program, which had declared their flow good. */
  skipped?: number;
  tags?: Record<string, number>;
}

/** Packets by source in an interval. */
export interface SourceStats {
  address: string;
  packets: number;
  dropped: number;
}

/** Event "stats": one node's counts since its event before. */
export interface StatsEvent extends StatsPoint {
  node: string;
  datacenter?: string;
  rules?: RuleStats[];
  sources?: SourceStats[];
}

/** A sampled packet; `packet` is base64 of the first bytes from the IP header on. */
export interface Sample {
  rule_id?: string | null;
  at: number;
  node?: string;
  source: string;
  source_port: number;
  destination: string;
  destination_port: number;
  length: number;
  verdict: string;
  tag: number;
  challenge: boolean;
  packet: string;
}

/** An edge node as the API and the event "node" tell it. */
export interface EdgeNode {
  id: string;
  hostname: string;
  state: string;
  region?: string;
  datacenter?: string;
  serial?: number;
  error?: { code: string; message: string } | null;
}

/** Event name to data. */
export interface LiveEvents {
  stats: StatsEvent;
  samples: { samples: Sample[] };
  build: BuildEvent;
  replay: ReplayEvent;
  deployment: Deployment;
  node: EdgeNode;
}
