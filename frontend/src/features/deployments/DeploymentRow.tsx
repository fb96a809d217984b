import type { Deployment } from "@/api/types";
import { Ago } from "@/ui/Ago";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { STATE, summaryOf } from "./words";

interface Props {
  deployment: Deployment;
  onReview: (id: string) => void;
}

/** One deployment: what, its state, who asked and who decided. */
export function DeploymentRow({ deployment, onReview }: Props) {
  const state = STATE[deployment.state];
  const decided = deployment.decided_on && deployment.decided_by;
  return (
    <li className="deployment" data-testid="deployment-row" data-id={deployment.id}>
      <span className="deployment-state">
        <Badge tone={state.tone} dot testId="deployment-state" state={deployment.state}>
          {state.label}
        </Badge>
      </span>
      <div className="row-main">
        <strong className="break">{summaryOf(deployment)}</strong>
        <span className="faint small break">
          Asked by {deployment.requested_by}, <Ago at={deployment.created_on} />
          {decided && deployment.decided_on && (
            <>
              {"; decided by "}
              {deployment.decided_by}, <Ago at={deployment.decided_on} />
            </>
          )}
        </span>
        {deployment.expression && <code className="break">{deployment.expression}</code>}
        {deployment.state === "pending" && deployment.switched_off && (
          <span>
            <Badge tone="bad">Switched off since</Badge>
          </span>
        )}
        {deployment.note && <span className="quote break">{deployment.note}</span>}
        {deployment.reason && <span className="quote break">Reason: {deployment.reason}</span>}
      </div>
      <Button size="small" onClick={() => onReview(deployment.id)} data-testid="deployment-review">
        {deployment.state === "pending" ? "Review" : "Details"}
      </Button>
    </li>
  );
}
