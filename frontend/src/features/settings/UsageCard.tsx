import { useQuery } from "@tanstack/react-query";
import { getUsage } from "@/api/accounts";
import type { Usage } from "@/api/types";
import { useAccountId } from "@/app/session";
import { LoadError, Skeleton } from "@/ui/Feedback";

const MEBIBYTE = 1 << 20;
const whole = (value: number) => value.toLocaleString("en");
const mebibytes = (value: number) =>
  `${(value / MEBIBYTE).toLocaleString("en", { maximumFractionDigits: 1 })} MiB`;

const ROWS: Array<{ name: keyof Usage; label: string; show: (value: number) => string }> = [
  { name: "programs", label: "Programs", show: whole },
  { name: "rules", label: "Rules, with those that wait", show: whole },
  { name: "prefixes", label: "Prefixes, with claims", show: whole },
  { name: "build_minutes", label: "Minutes of builds today (UTC)", show: whole },
  { name: "capture_bytes", label: "Captures", show: mebibytes },
];

/** What the account has of what it may have. */
export function UsageCard() {
  const account = useAccountId();
  const query = useQuery({ queryKey: ["usage", account], queryFn: () => getUsage(account) });
  return (
    <section className="card" aria-label="Usage">
      <div className="card-head">
        <div>
          <h2>Usage</h2>
          <p className="faint small">
            What this account has, and what it may have. Operators set the limits.
          </p>
        </div>
      </div>
      {query.isPending && <Skeleton lines={5} />}
      {query.isError && <LoadError error={query.error} retry={() => query.refetch()} />}
      {query.data && (
        <ul className="card-body usage">
          {ROWS.map(({ name, label, show }) => {
            const { used, allowed } = query.data[name];
            return (
              <li key={name}>
                <span id={`usage-${name}`}>{label}</span>
                <span className="mono small">
                  {show(used)} of {show(allowed)}
                </span>
                <meter
                  aria-labelledby={`usage-${name}`}
                  min={0}
                  max={Math.max(allowed, 1)}
                  high={0.9 * Math.max(allowed, 1)}
                  optimum={0}
                  value={allowed === 0 ? 1 : used}
                />
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
