import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { changeAccount, getAccount } from "@/api/accounts";
import { sentence } from "@/api/errors";
import { useAccountId, useRole } from "@/app/session";
import { LoadError, Problem, Skeleton } from "@/ui/Feedback";
import { Select } from "@/ui/Field";
import { toast } from "@/ui/toast";

type Fallback = "pass" | "drop";

const CHOICES: ReadonlyArray<{ value: Fallback; label: string }> = [
  { value: "pass", label: "Let the packet pass" },
  { value: "drop", label: "Drop the packet" },
];

/** What happens to packets on which no program gives a verdict. */
export function FallbackCard() {
  const account = useAccountId();
  const { has, isOperator } = useRole();
  const queries = useQueryClient();
  const key = ["account", account];
  const query = useQuery({ queryKey: key, queryFn: () => getAccount(account) });
  const change = useMutation({
    mutationFn: (body: { on_error?: Fallback; on_too_large?: Fallback }) => changeAccount(account, body),
    onSuccess: (changed) => {
      queries.setQueryData(key, changed);
      toast("Saved; nodes follow at once");
    },
  });
  const locked = !(has("owner") || isOperator) || change.isPending;
  return (
    <section className="card" aria-label="Without a verdict">
      <div className="card-head">
        <div>
          <h2>Without a verdict</h2>
          <p className="faint small">What happens where no program decides.</p>
        </div>
      </div>
      {query.isPending && <Skeleton lines={2} />}
      {query.isError && <LoadError error={query.error} retry={() => query.refetch()} />}
      {query.data && (
        <div className="card-body approval">
          <Select
            label="The program fails or runs out of fuel"
            value={query.data.on_error}
            disabled={locked}
            onChange={(on_error) => change.mutate({ on_error })}
            options={CHOICES}
          />
          <Select
            label="The packet is larger than 1,500 bytes"
            value={query.data.on_too_large}
            disabled={locked}
            onChange={(on_too_large) => change.mutate({ on_too_large })}
            options={CHOICES}
          />
          {change.isError && <Problem>{sentence(change.error)}</Problem>}
        </div>
      )}
    </section>
  );
}
