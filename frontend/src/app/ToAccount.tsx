import { Navigate } from "@tanstack/react-router";
import { ApiError } from "@/api/errors";
import { LoadError, Skeleton } from "@/ui/Feedback";
import { firstAccount, useMe } from "./session";

/** Leads to a page of the account that was looked at last. */
export function ToAccount({ page }: { page: string }) {
  const me = useMe();
  if (me.isPending) {
    return (
      <div className="lonely">
        <Skeleton lines={2} />
      </div>
    );
  }
  if (me.isError) {
    if (me.error instanceof ApiError && (me.error.status === 401 || me.error.status === 403)) {
      return <Navigate to="/login" search={{ next: `/${page}` }} replace />;
    }
    return (
      <div className="lonely">
        <LoadError error={me.error} retry={() => me.refetch()} />
      </div>
    );
  }
  const account = firstAccount(me.data);
  if (!account) {
    return (
      <div className="lonely">
        <h1>No account yet</h1>
        <p>
          You are logged in as {me.data.user.email}, but not a member of any account. Ask an owner to add you.
        </p>
      </div>
    );
  }
  return <Navigate to={`/accounts/${account}/${page}` as "/"} replace />;
}
