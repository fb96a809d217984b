import { useInfiniteQuery } from "@tanstack/react-query";
import { listAudit } from "@/api/accounts";
import type { AuditEntry } from "@/api/types";
import { useAccountId } from "@/app/session";
import { Button } from "@/ui/Button";
import { Empty, LoadError, Skeleton } from "@/ui/Feedback";
import { when } from "@/ui/format";

/** A rule's terms as a person would say them; anything else as JSON. */
function inWords(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const terms = value as Record<string, unknown>;
  if (typeof terms.program_name !== "string") return JSON.stringify(value);
  const where = terms.scope === "global" ? "global" : `${terms.scope} ${terms.name}`;
  const expression = terms.expression ? `, ${terms.expression}` : "";
  return `${terms.program_name} v${terms.version_number} on ${where}, ${terms.mode}${expression}`;
}

/** The facts of an entry in one line. */
export function factsOf(data: AuditEntry["data"]): string {
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== "")
    .map(([key, value]) => `${key.replaceAll("_", " ")}: ${inWords(value)}`)
    .join("; ");
}

export function AuditLog() {
  const account = useAccountId();
  const query = useInfiniteQuery({
    queryKey: ["audit", account],
    queryFn: ({ pageParam }) => listAudit(account, pageParam),
    initialPageParam: 1,
    getNextPageParam: (last, pages) => (last.more ? pages.length + 1 : undefined),
  });
  const entries = query.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <section className="card" aria-label="Audit log">
      <div className="card-head">
        <div>
          <h2>Audit log</h2>
          <p className="faint small">
            Every change to the account. Entries are written once and never changed.
          </p>
        </div>
      </div>
      {query.isPending && <Skeleton />}
      {query.isError && <LoadError error={query.error} retry={() => query.refetch()} />}
      {query.isSuccess && entries.length === 0 && (
        <Empty icon="list" title="Nothing happened yet">
          Changes to programs, deployments and settings will be listed here.
        </Empty>
      )}
      {entries.length > 0 && (
        <div className="table-scroll">
          <table className="table">
            <thead>
              <tr>
                <th>When</th>
                <th>Who</th>
                <th>What</th>
                <th>Facts</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={entry.id}>
                  <td className="faint nowrap number">{when(entry.at)}</td>
                  <td className="break audit-actor">{entry.actor}</td>
                  <td>
                    <code>{entry.action}</code>
                    <div className="faint small break">{entry.target}</div>
                  </td>
                  <td className="faint small break audit-facts">{factsOf(entry.data)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {query.hasNextPage && (
        <div className="card-body">
          <Button busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
            Show older entries
          </Button>
        </div>
      )}
    </section>
  );
}
