import type { Rule, SourceStats } from "@/api/types";
import { place } from "@/features/deployments/words";
import { Badge } from "@/ui/Badge";
import { count, percent, short } from "@/ui/format";
import type { Rolling } from "./rolling";
import { Sparkline } from "./Sparkline";

interface RuleProps {
  rules: readonly Rule[];
  rolling: Rolling;
  end: number;
}

/** What each rule does now. */
export function RuleTable({ rules, rolling, end }: RuleProps) {
  const known = new Map(rules.map((rule) => [rule.id, rule]));
  const ids = [...known.keys(), ...rolling.ruleIds(end).filter((id) => !known.has(id))];
  return (
    <section className="card" aria-label="Rules">
      <div className="card-head">
        <h2>Rules, packets a second</h2>
      </div>
      {ids.length === 0 ? (
        <p className="card-body muted">No rule is live: all traffic passes.</p>
      ) : (
        <div className="table-scroll">
          <table className="table">
            <thead>
              <tr>
                <th>Rule</th>
                <th>Mode</th>
                <th>Last minute</th>
                <th className="right">Seen</th>
                <th className="right">Passed</th>
                <th className="right" title="Passed without the program, which had declared their flow good">
                  Skipped
                </th>
                <th className="right">Dropped</th>
                <th className="right">Would drop</th>
                <th className="right">Challenged</th>
                <th className="right">Errors</th>
              </tr>
            </thead>
            <tbody>
              {ids.map((id) => {
                const rule = known.get(id);
                const counts = rolling.rule(id, end);
                return (
                  <tr key={id} data-testid="live-rule">
                    <td>
                      {rule ? `${rule.program.name} v${rule.version.number}` : "A rule that has ended"}
                      <div className="faint small">
                        {rule ? place(rule.scope, rule.name) : id.slice(0, 8)}
                      </div>
                    </td>
                    <td>
                      <Badge tone={rule?.mode === "enabled" ? "accent" : "neutral"}>
                        {rule?.mode ?? "ended"}
                      </Badge>
                    </td>
                    <td>
                      <Sparkline values={rolling.spark(id, end)} label="Packets over the last minute" />
                    </td>
                    <td className="right number">{count(counts.packets)}</td>
                    <td className="right number">{count(counts.passed)}</td>
                    <td className="right number">{count(counts.skipped)}</td>
                    <td className="right number">{count(counts.dropped)}</td>
                    <td className="right number">{count(counts.would_drop)}</td>
                    <td className="right number">{count(counts.challenged)}</td>
                    <td className={counts.errors ? "right number field-error" : "right number"}>
                      {count(counts.errors)}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** The busiest sources of the last minute. */
export function SourceTable({ sources }: { sources: readonly SourceStats[] }) {
  const most = Math.max(1, ...sources.map((source) => source.packets));
  return (
    <section className="card" aria-label="Top sources">
      <div className="card-head">
        <h2>Top sources</h2>
        <span className="faint small">last minute</span>
      </div>
      {sources.length === 0 ? (
        <p className="card-body muted">No packets in the last minute.</p>
      ) : (
        <ul className="bars">
          {sources.map(({ address, packets, dropped }) => (
            <li key={address}>
              <span className="mono break">{address}</span>
              <span className="number faint nowrap">
                {short(packets)}, {percent(dropped, packets)} dropped
              </span>
              <span className="bar" aria-hidden="true">
                <span className="bar-drop" style={{ width: `${(100 * dropped) / most}%` }} />
                <span className="bar-pass" style={{ width: `${(100 * (packets - dropped)) / most}%` }} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Packets by analytics tag in the last minute. */
export function TagTable({ tags }: { tags: ReadonlyArray<[string, number]> }) {
  const total = tags.reduce((sum, [, packets]) => sum + packets, 0);
  return (
    <section className="card" aria-label="Tags">
      <div className="card-head">
        <h2>Tags</h2>
        <span className="faint small">last minute</span>
      </div>
      {tags.length === 0 ? (
        <p className="card-body muted">
          Programs can sort packets with <code>set_network_analytics_tag</code>; the counts appear here.
        </p>
      ) : (
        <ul className="bars">
          {tags.slice(0, 12).map(([tag, packets]) => (
            <li key={tag}>
              <span>{tag === "0" ? "No tag" : `Tag ${tag}`}</span>
              <span className="number faint">
                {short(packets)}, {percent(packets, total)}
              </span>
              <span className="bar" aria-hidden="true">
                <span className="bar-tag" style={{ width: `${(100 * packets) / total}%` }} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
