/** The emergency off: one red button, a question, and then the offer to ask for switching on again. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { listRules, requestDeployment, switchOff } from "@/api/deployments";
import { sentence } from "@/api/errors";
import type { SwitchedOffRule } from "@/api/types";
import { useAccountId, useRole } from "@/app/session";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { Dialog } from "@/ui/Dialog";
import { Problem } from "@/ui/Feedback";
import { Icon } from "@/ui/Icon";
import { toast } from "@/ui/toast";
import { place } from "./words";

/** For developers and operators. Works while the list of rules cannot be read, too. */
export function SwitchOff() {
  const account = useAccountId();
  const role = useRole();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [off, setOff] = useState<readonly SwitchedOffRule[]>([]);
  const rules = useQuery({ queryKey: ["rules", account], queryFn: () => listRules(account) });
  if (!role.has("developer") && !role.isOperator) return null;
  const on = rules.data?.filter((rule) => rule.mode !== "disabled");
  const refresh = () => {
    for (const key of ["deployments", "deployment", "rules"])
      queries.invalidateQueries({ queryKey: [key, account] });
  };
  const confirm = async (reason: string) => {
    const done = await switchOff(account, reason);
    refresh();
    if (done.length === 0) toast("Nothing was on: no rule was changed");
    setOff(done);
  };
  return (
    <>
      <Button
        kind="danger"
        icon={<Icon name="power" />}
        onClick={() => setAsking(true)}
        data-testid="switch-off"
      >
        Switch off
      </Button>
      <Confirm
        open={asking}
        title="Switch off all rules?"
        action="Switch off now"
        danger
        reason="optional"
        onClose={() => setAsking(false)}
        onConfirm={confirm}
      >
        <Consequences on={on?.map((rule) => `${rule.program.name} on ${place(rule.scope, rule.name)}`)} />
      </Confirm>
      {off.length > 0 && role.has("developer") && (
        <Undo account={account} off={off} refresh={refresh} onClose={() => setOff([])} />
      )}
      {off.length > 0 && !role.has("developer") && <Done off={off} onClose={() => setOff([])} />}
    </>
  );
}

function Consequences({ on }: { on: readonly string[] | undefined }) {
  if (on?.length === 0) return <p>As far as this page knows, no rule is on. Pressing it makes sure.</p>;
  return (
    <>
      <p>
        {on
          ? "These rules stop on every node at once, and the traffic passes unfiltered:"
          : "Every rule of this account stops on every node at once, and the traffic passes unfiltered."}
      </p>
      <ul className="off-rules">
        {on?.map((name) => (
          <li key={name} className="break">
            {name}
          </li>
        ))}
      </ul>
      <p className="muted">
        No approval is needed, and it is recorded. Switching on again has to be asked for like any change.
        What waits for approval goes on waiting.
      </p>
    </>
  );
}

interface UndoProps {
  account: string;
  off: readonly SwitchedOffRule[];
  refresh: () => void;
  onClose: () => void;
}

const headline = (off: readonly SwitchedOffRule[]) =>
  off.length === 1 ? "1 rule is off" : `${off.length} rules are off`;
const nameOf = (rule: SwitchedOffRule) => `${rule.program.name} on ${place(rule.scope, rule.name)}`;

/** What an operator without a role in the account sees: it is not theirs to ask. */
function Done({ off, onClose }: Pick<UndoProps, "off" | "onClose">) {
  return (
    <Dialog title={headline(off)} open onClose={onClose}>
      <div className="dialog-content">
        <p>The account's developers can ask to switch on again.</p>
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>Close</Button>
      </footer>
    </Dialog>
  );
}

/** Asks for each rule's earlier mode; what was refused stays in the list, and only that is asked for again. */
function Undo({ account, off, refresh, onClose }: UndoProps) {
  const [left, setLeft] = useState(off);
  const ask = useMutation({
    mutationFn: async () => {
      let live = true;
      let refused: unknown;
      for (const rule of left) {
        const body = {
          change: "update",
          rule: rule.id,
          mode: rule.mode_before,
          note: "Switch on again",
        } as const;
        try {
          const asked = await requestDeployment(account, body);
          live &&= asked.state === "live";
          setLeft((rest) => rest.filter((other) => other.id !== rule.id));
        } catch (error) {
          // One that cannot be asked for does not hold back the others.
          refused ??= error;
        }
      }
      if (refused) throw refused;
      return live;
    },
    onSuccess: (live) => {
      toast(live ? "Switched on again" : "Asked for; it waits for approval");
      onClose();
    },
    onSettled: refresh,
  });
  return (
    <Dialog title={headline(off)} open onClose={onClose}>
      <div className="dialog-content">
        <p>The nodes have been told. You can ask to switch on again what was on, now or later:</p>
        <ul className="off-rules">
          {left.map((rule) => (
            <li key={rule.id} className="break">
              {nameOf(rule)}, {rule.mode_before}
            </li>
          ))}
        </ul>
        {ask.isError && <Problem>{sentence(ask.error)}</Problem>}
      </div>
      <footer className="dialog-foot">
        <Button busy={ask.isPending} onClick={() => ask.mutate()} data-testid="switch-on-again">
          Ask to switch on again
        </Button>
        <Button kind="primary" onClick={onClose} data-testid="stay-off">
          Leave off
        </Button>
      </footer>
    </Dialog>
  );
}
