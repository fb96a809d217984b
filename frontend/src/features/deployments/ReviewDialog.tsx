import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { decide, getDeployment, type Verb } from "@/api/deployments";
import { sentence } from "@/api/errors";
import type { ReplaySummary, Review } from "@/api/types";
import { useRole } from "@/app/session";
import { Ago } from "@/ui/Ago";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { Dialog } from "@/ui/Dialog";
import { LoadError, Problem, Skeleton } from "@/ui/Feedback";
import { count, percent } from "@/ui/format";
import { toast } from "@/ui/toast";
import { useNarrow } from "@/ui/useNarrow";
import { STATE, summaryOf } from "./words";

// The editor is large, and most visits to the page need none of it.
const DiffView = lazy(() => import("@/features/editor/DiffView"));

interface Props {
  account: string;
  id: string;
  onClose: () => void;
}

/** Decisions that are asked about first. */
type Question = "reject" | "rollback" | "withdraw" | "switch-on";

const DONE: Record<Verb, string> = {
  approve: "Approved: it is live",
  reject: "Rejected",
  rollback: "Rolled back: what was before is live again",
  withdraw: "Withdrawn",
  submit: "Sent to approval",
};

/** A deployment with its diff, its replays and the decisions that can be made. */
export function ReviewDialog({ account, id, onClose }: Props) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState<Question | null>(null);
  const review = useQuery({
    queryKey: ["deployment", account, id],
    queryFn: () => getDeployment(account, id),
  });
  const act = useMutation({
    mutationFn: ({ verb, ...options }: { verb: Verb; reason?: string; switchOn?: boolean }) =>
      decide(account, id, verb, options),
    onSuccess: (_, { verb }) => {
      toast(DONE[verb]);
      onClose();
    },
    // Another person may have decided first: what is shown has to be right after a refusal too.
    onSettled: () => {
      for (const key of ["deployments", "deployment", "rules"])
        queries.invalidateQueries({ queryKey: [key, account] });
    },
  });
  const deployment = review.data;
  return (
    <>
      <Dialog
        title={deployment ? summaryOf(deployment) : "Deployment"}
        open={asking === null}
        onClose={onClose}
        wide
      >
        <div className="dialog-content">
          {review.isPending && <Skeleton lines={5} />}
          {review.isError && <LoadError error={review.error} retry={() => review.refetch()} />}
          {deployment && <Facts review={deployment} />}
          {act.isError && <Problem>{sentence(act.error)}</Problem>}
        </div>
        {deployment && (
          <Decisions
            review={deployment}
            busy={act.isPending}
            onAct={(verb) => act.mutate({ verb })}
            onAsk={setAsking}
            onClose={onClose}
          />
        )}
      </Dialog>
      <Confirm
        open={asking === "reject"}
        title="Reject this deployment?"
        action="Reject"
        danger
        reason="required"
        onClose={() => setAsking(null)}
        onConfirm={(reason) => act.mutateAsync({ verb: "reject", reason })}
      >
        <p>Nothing that is live changes. Say why, so that the author knows what to change.</p>
      </Confirm>
      <Confirm
        open={asking === "switch-on"}
        title="Switch on again?"
        action="Approve and switch on"
        danger
        onClose={() => setAsking(null)}
        onConfirm={() => act.mutateAsync({ verb: "approve", switchOn: true })}
      >
        {deployment && <SwitchedOff review={deployment} />}
      </Confirm>
      <Confirm
        open={asking === "rollback"}
        title="Roll back this deployment?"
        action="Roll back"
        danger
        reason="optional"
        onClose={() => setAsking(null)}
        onConfirm={(reason) => act.mutateAsync({ verb: "rollback", reason })}
      >
        <p>
          {deployment?.previous
            ? `${deployment.previous.program_name} v${deployment.previous.version_number} (${deployment.previous.mode}) is in force again on every node within a second.`
            : "The rule is removed from every node within a second: this traffic is no longer looked at."}
        </p>
      </Confirm>
      <Confirm
        open={asking === "withdraw"}
        title="Withdraw this deployment?"
        action="Withdraw"
        onClose={() => setAsking(null)}
        onConfirm={() => act.mutateAsync({ verb: "withdraw" })}
      >
        <p>Nothing that is live changes. You can ask again later.</p>
      </Confirm>
    </>
  );
}

interface DecisionProps {
  review: Review;
  busy: boolean;
  onAct: (verb: Verb) => void;
  onAsk: (verb: Question) => void;
  onClose: () => void;
}

function Decisions({ review, busy, onAct, onAsk, onClose }: DecisionProps) {
  const canWrite = useRole().has("developer");
  const isOpen = review.state === "pending" || review.state === "draft";
  return (
    <footer className="dialog-foot">
      <Button onClick={onClose}>Close</Button>
      {isOpen && canWrite && (
        <Button onClick={() => onAsk("withdraw")} data-testid="deployment-withdraw">
          Withdraw
        </Button>
      )}
      {review.state === "draft" && canWrite && (
        <Button kind="primary" busy={busy} onClick={() => onAct("submit")}>
          Ask for approval
        </Button>
      )}
      {review.state === "pending" && !review.may_decide && (
        <span className="muted foot-note">Waits for somebody who may approve.</span>
      )}
      {review.may_decide && (
        <>
          <Button onClick={() => onAsk("reject")} data-testid="deployment-reject">
            Reject
          </Button>
          <Button
            kind="primary"
            busy={busy}
            onClick={() => (review.switched_off ? onAsk("switch-on") : onAct("approve"))}
            data-testid="deployment-approve"
          >
            Approve
          </Button>
        </>
      )}
      {review.may_roll_back && (
        <Button kind="danger" onClick={() => onAsk("rollback")} data-testid="deployment-rollback">
          Roll back
        </Button>
      )}
    </footer>
  );
}

/** That the emergency off was pressed while the deployment waited. */
function SwitchedOff({ review }: { review: Review }) {
  const off = review.switched_off;
  if (!off) return null;
  return (
    <div data-testid="switched-off">
      <Problem>
        {off.by} switched this off while it waited, <Ago at={off.at} />
        {off.reason && `: ${off.reason}`}. Approving switches it on again.
      </Problem>
    </div>
  );
}

const text = (value: unknown): string =>
  value === null || value === undefined || value === "" ? "none" : String(value);

function Facts({ review }: { review: Review }) {
  const narrow = useNarrow(900);
  const state = STATE[review.state];
  return (
    <>
      <p className="facts-line">
        <Badge tone={state.tone} dot>
          {state.label}
        </Badge>
        <span className="muted break">
          Asked by {review.requested_by}, <Ago at={review.created_on} />
        </span>
        {review.instructions != null && (
          <span className="faint">{count(review.instructions)} instructions</span>
        )}
        {review.compiler && <span className="faint break">{review.compiler}</span>}
      </p>
      {review.state === "pending" && <SwitchedOff review={review} />}
      {review.note && <p className="quote break">{review.note}</p>}
      {review.reason && <p className="quote break">Reason: {review.reason}</p>}
      {review.changed.length > 0 && (
        <div className="table-scroll">
          <table className="table table-changes">
            <thead>
              <tr>
                <th>Field</th>
                <th>In force</th>
                <th>Asked for</th>
              </tr>
            </thead>
            <tbody>
              {review.changed.map((change) => (
                <tr key={change.field}>
                  <td>{change.field}</td>
                  <td className="mono break change-before">{text(change.before)}</td>
                  <td className="mono break change-after">{text(change.after)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Replays review={review} />
      {(review.old_source !== null || review.new_source !== null) && (
        <section aria-label="Source">
          <h3>{review.old_source === null ? "Source" : "Source, against what it replaces"}</h3>
          <Suspense fallback={<Skeleton lines={4} height={20} />}>
            <DiffView
              before={review.old_source ?? ""}
              after={review.new_source ?? ""}
              unified={narrow || !review.old_source}
            />
          </Suspense>
        </section>
      )}
    </>
  );
}

function Replays({ review }: { review: Review }) {
  if (review.replays.length === 0) return null;
  return (
    <section aria-label="Replays">
      <h3>Replays of this version</h3>
      <ul className="review-replays">
        {review.replays.map((replay, at) => {
          const summary = replay.summary as ReplaySummary;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same capture can come twice, and the list does not change.
            <li key={at}>
              <span className="break">{replay.capture}</span>
              <span className="number faint">
                {count(summary.packets)} packets,{" "}
                {percent(summary.dropped, summary.packets - summary.ignored)} dropped
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
