import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { getAccount } from "@/api/accounts";
import { listRules, requestDeployment } from "@/api/deployments";
import { ApiError, fieldError, sentence } from "@/api/errors";
import { listNodes } from "@/api/telemetry";
import type { DeploymentRequest, Mode, Rule, Scope, Version } from "@/api/types";
import { useAccountId } from "@/app/session";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Note, Problem } from "@/ui/Feedback";
import { Select, TextArea, TextField } from "@/ui/Field";
import { toast } from "@/ui/toast";
import { ExpressionField } from "./ExpressionField";
import { MODES, place, SCOPES } from "./words";

interface Props {
  version: Version;
  program: { id: string; name: string };
  onClose: () => void;
}

interface Asked {
  version: string;
  scope: Scope;
  name: string;
  mode: Mode;
  expression: string;
  note: string;
}

/** What to send: a change of the rule that holds this place already, or a new rule. */
export function requestFor(asked: Asked, rules: readonly Rule[]): Partial<DeploymentRequest> {
  const name = asked.scope === "global" ? "global" : asked.name.trim();
  const held = rules.find((rule) => rule.scope === asked.scope && rule.name === name);
  const terms = { ...asked, name, expression: asked.expression.trim(), note: asked.note.trim() };
  return held ? { change: "update", rule: held.id, ...terms } : { change: "create", ...terms };
}

export function DeployDialog({ version, program, onClose }: Props) {
  const account = useAccountId();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const list = useId();
  const [scope, setScope] = useState<Scope>("global");
  const [name, setName] = useState("");
  const [mode, setMode] = useState<Mode>("monitoring");
  const [expression, setExpression] = useState("");
  const [note, setNote] = useState("");
  const rules = useQuery({ queryKey: ["rules", account], queryFn: () => listRules(account) });
  const nodes = useQuery({ queryKey: ["nodes", account], queryFn: () => listNodes(account), retry: false });
  const settings = useQuery({ queryKey: ["account", account], queryFn: () => getAccount(account) });
  const [touched, setTouched] = useState(false);

  const where = scope === "global" ? "global" : name.trim();
  const held = rules.data?.find((rule) => rule.scope === scope && rule.name === where);
  // A change of a rule begins with what the rule says, unless something else was typed.
  const shownMode = touched ? mode : (held?.mode ?? mode);
  const shownExpression = touched ? expression : (held?.expression ?? expression);
  const touch = () => {
    if (touched) return;
    setTouched(true);
    setMode(shownMode);
    setExpression(shownExpression);
  };

  const run = useMutation({
    mutationFn: async () => {
      const asked = { version: version.id, scope, name, mode: shownMode, expression: shownExpression, note };
      return requestDeployment(account, requestFor(asked, rules.data ?? []));
    },
    onSuccess: (made) => {
      queries.invalidateQueries({ queryKey: ["deployments", account] });
      queries.invalidateQueries({ queryKey: ["rules", account] });
      toast(made.state === "live" ? "The deployment is live" : "The deployment waits for approval");
      onClose();
      navigate({ to: "/accounts/$account/deployments", params: { account } });
    },
  });
  const isExpression = run.error instanceof ApiError && run.error.code.startsWith("expression");
  const expressionError = isExpression ? sentence(run.error) : fieldError(run.error, "expression");
  const isName = run.error instanceof ApiError && run.error.code === "rule.name";
  const nameError = isName ? sentence(run.error) : fieldError(run.error, "name");
  const places = new Set(nodes.data?.map((node) => (scope === "region" ? node.region : node.datacenter)));

  return (
    <Dialog title={`Deploy ${program.name} v${version.number}`} open onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run.mutate();
        }}
      >
        <div className="dialog-content">
          <div className="field-row">
            <Select label="Scope" value={scope} onChange={setScope} options={SCOPES} testId="deploy-scope" />
            {scope !== "global" && (
              <TextField
                label={scope === "region" ? "Region" : "Datacenter"}
                value={name}
                onChange={setName}
                required
                list={list}
                error={nameError}
                testId="deploy-name"
              />
            )}
          </div>
          <datalist id={list}>
            {[...places].filter(Boolean).map((code) => (
              <option key={code} value={code} />
            ))}
          </datalist>
          <fieldset className="choices" data-testid="deploy-mode">
            <legend className="label">Mode</legend>
            {MODES.map((item) => (
              <label key={item.value} className="choice">
                <input
                  type="radio"
                  name="mode"
                  value={item.value}
                  checked={shownMode === item.value}
                  onChange={() => {
                    touch();
                    setMode(item.value);
                  }}
                />
                <span>
                  <strong>{item.label}</strong>
                  <span className="faint">{item.about}</span>
                </span>
              </label>
            ))}
          </fieldset>
          <ExpressionField
            value={shownExpression}
            onChange={(value) => {
              touch();
              setExpression(value);
            }}
            error={expressionError}
            position={isExpression && run.error instanceof ApiError ? run.error.position : null}
          />
          <TextArea
            label="Note for whoever approves (optional)"
            value={note}
            onChange={setNote}
            rows={2}
            maxLength={500}
          />
          <Note tone={held ? "warn" : "info"}>
            {held && (
              <>
                This replaces {held.program.name} v{held.version.number} ({held.mode}) on{" "}
                {place(held.scope, held.name)}.{" "}
              </>
            )}
            {approvalSentence(settings.data)}
          </Note>
          {run.isError && !expressionError && !nameError && <Problem>{sentence(run.error)}</Problem>}
        </div>
        <footer className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind="primary"
            busy={run.isPending || rules.isPending}
            data-testid="deploy-submit"
          >
            {settings.data?.waives_approval ? "Deploy now" : "Ask for approval"}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Who has to approve, for an account with these settings. */
export function approvalSentence(
  account: { approvers: string; waives_approval: boolean } | undefined,
): string {
  if (account?.waives_approval) return "This account waives approval: the deployment goes live at once.";
  const who = account?.approvers === "account" ? "An approver of the account" : "An operator";
  return `${who} must approve the deployment before it goes live. The nodes load the program in the meantime.`;
}
