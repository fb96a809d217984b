import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { changeAccount, getAccount } from "@/api/accounts";
import { sentence } from "@/api/errors";
import { useAccountId, useRole } from "@/app/session";
import { LoadError, Problem, Skeleton } from "@/ui/Feedback";
import { Select } from "@/ui/Field";
import { toast } from "@/ui/toast";

type Change = Parameters<typeof changeAccount>[1];

/** Who decides on deployments. */
export function ApprovalCard() {
  const account = useAccountId();
  const { has, isOperator } = useRole();
  const queries = useQueryClient();
  const key = ["account", account];
  const query = useQuery({ queryKey: key, queryFn: () => getAccount(account) });
  const change = useMutation({
    mutationFn: (body: Change) => changeAccount(account, body),
    onSuccess: (changed) => {
      queries.setQueryData(key, changed);
      toast("Saved");
    },
  });
  const locked = !(has("owner") || isOperator) || change.isPending;
  // An owner who could end the operators' say would need no approval.
  const operatorsOnly = query.data?.approvers === "operator" && !isOperator;
  return (
    <section className="card" aria-label="Approval">
      <div className="card-head">
        <div>
          <h2>Approval</h2>
          <p className="faint small">Who decides whether a deployment goes live.</p>
        </div>
      </div>
      {query.isPending && <Skeleton lines={2} />}
      {query.isError && <LoadError error={query.error} retry={() => query.refetch()} />}
      {query.data && (
        <div className="card-body approval">
          <Select
            label="Decided by"
            value={query.data.approvers}
            disabled={locked || operatorsOnly}
            onChange={(approvers) => change.mutate({ approvers })}
            options={[
              { value: "operator", label: "Operators of this installation" },
              { value: "account", label: "Approvers of this account" },
            ]}
          />
          <label className="check">
            <input
              type="checkbox"
              checked={query.data.self_approval}
              disabled={locked}
              onChange={(event) => change.mutate({ self_approval: event.target.checked })}
            />
            Whoever asks may approve it too
          </label>
          <label className="check">
            <input
              type="checkbox"
              checked={query.data.waives_approval}
              disabled={locked || operatorsOnly}
              onChange={(event) => change.mutate({ waives_approval: event.target.checked })}
            />
            Deployments go live without a decision
          </label>
          {operatorsOnly && has("owner") && (
            <p className="faint small">Only an operator can give the decision to the account.</p>
          )}
          {change.isError && <Problem>{sentence(change.error)}</Problem>}
        </div>
      )}
    </section>
  );
}
