/** What is live, what waits, and what was. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { DEPLOYMENTS_SHOWN, listDeployments, listRules } from "@/api/deployments";
import type { Deployment } from "@/api/types";
import { useAccountId } from "@/app/session";
import { useTitle } from "@/app/useTitle";
import { useLiveEvent, useLiveOpen } from "@/live/hooks";
import { Empty, LoadError, Skeleton } from "@/ui/Feedback";
import { DeploymentRow } from "./DeploymentRow";
import { ReviewDialog } from "./ReviewDialog";
import { Rules } from "./Rules";
import { SwitchOff } from "./SwitchOff";

/** The list with a deployment as it is now; one that is not known comes first. */
export function withDeployment(list: Deployment[], changed: Deployment): Deployment[] {
  if (!list.some((deployment) => deployment.id === changed.id)) return [changed, ...list];
  return list.map((deployment) => (deployment.id === changed.id ? changed : deployment));
}

const isOpen = (deployment: Deployment) => deployment.state === "pending" || deployment.state === "draft";

export function DeploymentsPage() {
  useTitle("Deployments");
  const account = useAccountId();
  const queries = useQueryClient();
  const [reviewing, setReviewing] = useState<string | null>(null);
  const key = ["deployments", account];
  const deployments = useQuery({ queryKey: key, queryFn: () => listDeployments(account) });
  const rules = useQuery({ queryKey: ["rules", account], queryFn: () => listRules(account) });
  useLiveEvent("deployment", (changed) => {
    queries.setQueryData<Deployment[]>(key, (old) => old && withDeployment(old, changed));
    queries.invalidateQueries({ queryKey: ["rules", account] });
    queries.invalidateQueries({ queryKey: ["deployment", account, changed.id] });
  });
  useLiveOpen(() => {
    queries.invalidateQueries({ queryKey: key });
    queries.invalidateQueries({ queryKey: ["rules", account] });
  });
  const open = deployments.data?.filter(isOpen) ?? [];
  const past = deployments.data?.filter((deployment) => !isOpen(deployment)) ?? [];
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Deployments</h1>
          <p>What protects traffic now, what waits for approval, and who decided what.</p>
        </div>
        <div className="actions">
          <SwitchOff />
        </div>
      </header>
      {open.length > 0 && (
        <section className="card card-pending" aria-label="Waiting">
          <div className="card-head">
            <h2>Waiting</h2>
          </div>
          <ul className="rows">
            {open.map((deployment) => (
              <DeploymentRow key={deployment.id} deployment={deployment} onReview={setReviewing} />
            ))}
          </ul>
        </section>
      )}
      <section className="card" aria-label="Rules in force">
        <div className="card-head">
          <h2>Rules in force</h2>
        </div>
        {rules.isPending && <Skeleton lines={2} />}
        {rules.isError && <LoadError error={rules.error} retry={() => rules.refetch()} />}
        {rules.data && <Rules rules={rules.data} />}
      </section>
      <section className="card" aria-label="History">
        <div className="card-head">
          <h2>History</h2>
        </div>
        {deployments.isPending && <Skeleton />}
        {deployments.isError && <LoadError error={deployments.error} retry={() => deployments.refetch()} />}
        {deployments.data && past.length === 0 && (
          <Empty icon="clock" title={open.length > 0 ? "Nothing decided yet" : "Nothing was deployed yet"}>
            Open a program, and deploy a version that is ready. Decisions are listed here with who made them.
          </Empty>
        )}
        <ul className="rows">
          {past.map((deployment) => (
            <DeploymentRow key={deployment.id} deployment={deployment} onReview={setReviewing} />
          ))}
        </ul>
        {deployments.data?.length === DEPLOYMENTS_SHOWN && (
          <p className="card-body faint small">The newest {DEPLOYMENTS_SHOWN} are shown.</p>
        )}
      </section>
      {reviewing && <ReviewDialog account={account} id={reviewing} onClose={() => setReviewing(null)} />}
    </div>
  );
}
