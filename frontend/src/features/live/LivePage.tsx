/** What happens now: a chart by the second, and what rules, sources and tags it is made of. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { listDeployments, listRules } from "@/api/deployments";
import { getStats, listNodes } from "@/api/telemetry";
import type { Deployment } from "@/api/types";
import { useAccountId } from "@/app/session";
import { useTitle } from "@/app/useTitle";
import { withDeployment } from "@/features/deployments/DeploymentsPage";
import { SwitchOff } from "@/features/deployments/SwitchOff";
import { useLiveEvent } from "@/live/hooks";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { Empty, Problem, Skeleton } from "@/ui/Feedback";
import { count, percent } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { Chart, type Mark } from "./Chart";
import { MINUTE } from "./rolling";
import { Samples } from "./Samples";
import type { Counts, Field } from "./series";
import { RuleTable, SourceTable, TagTable } from "./Tables";
import { useTraffic } from "./useTraffic";

/** Rules whose past is fetched for their lines. */
const SEEDED = 20;

/** When deployments changed what is in force, for the chart. */
export function marksOf(deployments: readonly Deployment[]): Mark[] {
  const wentLive = new Set(["live", "superseded", "rolled_back"]);
  return deployments
    .filter((deployment) => wentLive.has(deployment.state) && deployment.decided_on)
    .map((deployment) => ({
      at: new Date(deployment.decided_on ?? 0).getTime() / 1000,
      label:
        deployment.state === "rolled_back"
          ? "rolled back"
          : deployment.change === "delete"
            ? "rule removed"
            : `v${deployment.version.number} ${deployment.mode}`,
    }));
}

export function LivePage() {
  useTitle("Live");
  const account = useAccountId();
  const queries = useQueryClient();
  const [paused, setPaused] = useState(false);
  const { series, rolling, end, loaded, error } = useTraffic(account, paused);
  const rules = useQuery({ queryKey: ["rules", account], queryFn: () => listRules(account) });
  const deployments = useQuery({
    queryKey: ["deployments", account],
    queryFn: () => listDeployments(account),
  });
  const nodes = useQuery({ queryKey: ["nodes", account], queryFn: () => listNodes(account), retry: false });
  useLiveEvent("deployment", (changed) => {
    queries.setQueryData<Deployment[]>(
      ["deployments", account],
      (old) => old && withDeployment(old, changed),
    );
    queries.invalidateQueries({ queryKey: ["rules", account] });
  });
  useLiveEvent("node", () => queries.invalidateQueries({ queryKey: ["nodes", account] }));
  const ruleIds = rules.data?.map((rule) => rule.id).join(" ");
  useEffect(() => {
    // Without its past a line only begins later: nothing to tell anybody.
    for (const id of ruleIds?.split(" ").filter(Boolean).slice(0, SEEDED) ?? []) {
      getStats(account, MINUTE, id).then(
        (points) => rolling.seed(id, points),
        () => undefined,
      );
    }
  }, [account, ruleIds, rolling]);
  const marks = useMemo(() => marksOf(deployments.data ?? []), [deployments.data]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the series is the same object with more in it each second.
  const data = useMemo(() => series.window(end), [series, end, loaded]);
  const online = nodes.data?.filter((node) => node.state === "online").length;
  const shown = series.get(end);
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Live</h1>
          <p>Traffic to your prefixes, second by second, over all nodes.</p>
        </div>
        <div className="actions">
          {online !== undefined && (
            <Badge tone={online ? "good" : "bad"} dot>
              {online} of {nodes.data?.length} {nodes.data?.length === 1 ? "node" : "nodes"} online
            </Badge>
          )}
          <Button
            icon={<Icon name={paused ? "play" : "pause"} />}
            aria-pressed={paused}
            onClick={() => setPaused(!paused)}
            data-testid="live-pause"
          >
            {paused ? "Go on" : "Pause"}
          </Button>
          <SwitchOff />
        </div>
      </header>
      {error && <Problem>The history could not be read. {error}</Problem>}
      {!loaded && series.empty ? (
        <div className="card">
          <Skeleton lines={4} height={70} />
        </div>
      ) : series.empty ? (
        <div className="card">
          <Empty icon="pulse" title="No node has reported traffic in the last five minutes">
            Numbers appear within a second once packets to your prefixes reach a node that is online.
          </Empty>
        </div>
      ) : (
        <section className="card" aria-label="Packets a second">
          <Totals counts={shown} />
          <Chart data={data} marks={marks} />
        </section>
      )}
      <RuleTable rules={rules.data ?? []} rolling={rolling} end={end} />
      <div className="two">
        <SourceTable sources={rolling.sources(end, 8)} />
        <TagTable tags={rolling.tags(end)} />
      </div>
      <Samples account={account} paused={paused} />
    </div>
  );
}

const TOTALS: ReadonlyArray<{ field: Field; label: string; testId: string }> = [
  { field: "received", label: "In", testId: "live-in" },
  { field: "passed", label: "Passed", testId: "live-passed" },
  { field: "dropped", label: "Dropped", testId: "live-dropped" },
  { field: "challenged", label: "Challenged", testId: "live-challenged" },
];

function Totals({ counts }: { counts: Counts | null }) {
  return (
    <dl className="totals">
      {TOTALS.map(({ field, label, testId }) => (
        <div key={field} className={`total total-${field}`}>
          <dt>{label}</dt>
          <dd className="number">
            <span data-testid={testId} data-value={counts?.[field] ?? ""}>
              {counts ? count(counts[field]) : "–"}
            </span>
            <small className="faint">
              /s{counts && field !== "received" && `, ${percent(counts[field], counts.received)}`}
            </small>
          </dd>
        </div>
      ))}
    </dl>
  );
}
