import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { changeAccount, getAccount } from "@/api/accounts";
import { sentence } from "@/api/errors";
import { useAccountId, useRole } from "@/app/session";
import { LoadError, Problem, Skeleton } from "@/ui/Feedback";
import { toast } from "@/ui/toast";

/** Whether builds refuse what Cloudflare's verifier would refuse. */
export function PortableCard() {
  const account = useAccountId();
  const { has, isOperator } = useRole();
  const queries = useQueryClient();
  const key = ["account", account];
  const query = useQuery({ queryKey: key, queryFn: () => getAccount(account) });
  const change = useMutation({
    mutationFn: (portable_only: boolean) => changeAccount(account, { portable_only }),
    onSuccess: (changed) => {
      queries.setQueryData(key, changed);
      toast("Saved; it holds for the next build");
    },
  });
  return (
    <section className="card" aria-label="Builds">
      <div className="card-head">
        <div>
          <h2>Builds</h2>
          <p className="faint small">Which programs the verifier accepts.</p>
        </div>
      </div>
      {query.isPending && <Skeleton lines={1} />}
      {query.isError && <LoadError error={query.error} retry={() => query.refetch()} />}
      {query.data && (
        <div className="card-body approval">
          <label className="check">
            <input
              type="checkbox"
              checked={query.data.portable_only}
              disabled={!(has("owner") || isOperator) || change.isPending}
              onChange={(event) => change.mutate(event.target.checked)}
            />
            Portable programs only: refuse what Cloudflare's verifier would refuse
          </label>
          {change.isError && <Problem>{sentence(change.error)}</Problem>}
        </div>
      )}
    </section>
  );
}
