import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { requestDeployment } from "@/api/deployments";
import type { Mode, Rule } from "@/api/types";
import { useAccountId, useRole } from "@/app/session";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { Empty } from "@/ui/Feedback";
import { Icon } from "@/ui/Icon";
import { toast } from "@/ui/toast";
import { MODES, place } from "./words";

const ORDER = MODES.map((mode) => mode.value);

/** Whether the change needs nobody's approval: only away from dropping packets. */
export const isMilder = (before: Mode, after: Mode): boolean => ORDER.indexOf(after) > ORDER.indexOf(before);

type Change = { rule: Rule; to: Mode | "remove" };

/** The live rules, with a quick way to make each milder. */
export function Rules({ rules }: { rules: Rule[] }) {
  const account = useAccountId();
  const canWrite = useRole().has("developer");
  const queries = useQueryClient();
  const [change, setChange] = useState<Change | null>(null);
  if (rules.length === 0) {
    return (
      <Empty icon="shield" title="No rule is live">
        Traffic to your prefixes passes as it comes. Deploy a program, first in monitoring mode if you like to
        watch it.
      </Empty>
    );
  }
  const apply = async ({ rule, to }: Change) => {
    const made = await requestDeployment(
      account,
      to === "remove" ? { change: "delete", rule: rule.id } : { change: "update", rule: rule.id, mode: to },
    );
    for (const key of ["deployments", "rules"]) queries.invalidateQueries({ queryKey: [key, account] });
    toast(made.state === "live" ? "Done: it is live" : "Asked for; it waits for approval");
  };
  return (
    <>
      <ul className="rows">
        {rules.map((rule) => (
          <li key={rule.id} className="rule" data-testid="rule-row">
            <div className="row-main">
              <span>
                <Link
                  to="/accounts/$account/programs/$program"
                  params={{ account, program: rule.program.id }}
                  className="strong-link"
                >
                  {rule.program.name}
                </Link>{" "}
                <span className="faint">
                  v{rule.version.number} on {place(rule.scope, rule.name)}
                </span>
              </span>
              <code className="break">{rule.expression || "all UDP packets"}</code>
            </div>
            {rule.pending && <Badge tone="warn">Change pending</Badge>}
            <fieldset
              className="segments"
              aria-label={`Mode of ${rule.program.name} on ${place(rule.scope, rule.name)}`}
            >
              {MODES.map((mode) => (
                <button
                  key={mode.value}
                  type="button"
                  aria-pressed={mode.value === rule.mode}
                  disabled={!canWrite || mode.value === rule.mode}
                  title={mode.about}
                  data-testid={`rule-${mode.value}`}
                  onClick={() => setChange({ rule, to: mode.value })}
                >
                  {mode.label}
                </button>
              ))}
            </fieldset>
            <Button
              size="small"
              kind="quiet"
              icon={<Icon name="trash" size={16} />}
              disabled={!canWrite}
              aria-label={`Remove the rule on ${place(rule.scope, rule.name)}`}
              onClick={() => setChange({ rule, to: "remove" })}
            />
          </li>
        ))}
      </ul>
      <Confirm
        open={change !== null}
        title={change ? titleOf(change) : ""}
        action={change?.to === "remove" ? "Ask for removal" : "Switch"}
        danger={change?.to === "enabled" || change?.to === "remove"}
        onClose={() => setChange(null)}
        onConfirm={async () => change && apply(change)}
      >
        <p>{change && aboutChange(change)}</p>
      </Confirm>
    </>
  );
}

function titleOf({ rule, to }: Change): string {
  const what = `${rule.program.name} on ${place(rule.scope, rule.name)}`;
  return to === "remove" ? `Remove ${what}?` : `Switch ${what} to ${to}?`;
}

/** What the change does, and whether somebody has to approve it. */
export function aboutChange({ rule, to }: Change): string {
  if (to === "remove") return "The rule ends once the removal is approved.";
  const effect = MODES.find((mode) => mode.value === to)?.about ?? "";
  const milder = isMilder(rule.mode, to);
  return `${effect} ${milder ? "This is milder and needs no approval: it takes effect at once." : "This has to be approved first."}`;
}
