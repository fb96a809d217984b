import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { listSamples } from "@/api/telemetry";
import type { Sample } from "@/api/types";
import { endpoint } from "@/features/replay/ReplayResult";
import { useLiveEvent } from "@/live/hooks";
import { Badge, type Tone } from "@/ui/Badge";
import { Empty, LoadError, Skeleton } from "@/ui/Feedback";
import { count } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { fromBase64, hexRows } from "./hex";

const KEPT = 60;
const VERDICT: Record<string, { label: string; tone: Tone }> = {
  pass: { label: "Pass", tone: "good" },
  drop: { label: "Drop", tone: "bad" },
  would_drop: { label: "Would drop", tone: "warn" },
};
const FILTERS = [
  { value: "", label: "All" },
  { value: "pass", label: "Passed" },
  { value: "drop", label: "Dropped" },
  { value: "would_drop", label: "Would drop" },
];

const keyOf = (sample: Sample): string =>
  `${sample.node} ${sample.at} ${sample.source} ${sample.source_port} ${sample.packet.slice(0, 60)}`;

/** New samples in front of the known ones, each once, newest first, at most `most`. */
export function mergeSamples(known: Sample[], added: Sample[], most: number = KEPT): Sample[] {
  const all = new Map<string, Sample>();
  for (const sample of [...added, ...known]) if (!all.has(keyOf(sample))) all.set(keyOf(sample), sample);
  return [...all.values()].sort((a, b) => b.at - a.at).slice(0, most);
}

/** Packets that nodes picked out, with their bytes. */
export function Samples({ account, paused }: { account: string; paused: boolean }) {
  const queries = useQueryClient();
  const key = ["samples", account];
  const query = useQuery({
    queryKey: key,
    queryFn: () => listSamples(account),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [open, setOpen] = useState<string | null>(null);
  const [verdict, setVerdict] = useState("");
  useLiveEvent("samples", (event) => {
    if (paused) return;
    queries.setQueryData<Sample[]>(key, (old) => mergeSamples(old ?? [], event.samples, 4 * KEPT));
  });
  const rows = (query.data ?? []).filter((sample) => !verdict || sample.verdict === verdict).slice(0, KEPT);
  return (
    <section className="card" aria-label="Sampled packets">
      <div className="card-head">
        <h2>Sampled packets</h2>
        <fieldset className="segments" aria-label="Verdict">
          {FILTERS.map((filter) => (
            <button
              key={filter.value}
              type="button"
              aria-pressed={verdict === filter.value}
              onClick={() => setVerdict(filter.value)}
            >
              {filter.label}
            </button>
          ))}
        </fieldset>
      </div>
      {query.isPending && <Skeleton />}
      {query.isError && <LoadError error={query.error} retry={() => query.refetch()} />}
      {query.data && rows.length === 0 && (
        <Empty icon="search" title="No samples">
          Nodes pick out some packets each second while traffic flows to your prefixes. They appear here.
        </Empty>
      )}
      {rows.length > 0 && (
        <div className="table-scroll samples">
          <table className="table">
            <thead>
              <tr>
                <th>
                  <span className="visually-hidden">Bytes</span>
                </th>
                <th>Time</th>
                <th>Source</th>
                <th>Destination</th>
                <th className="right">Length</th>
                <th>Verdict</th>
                <th className="right">Tag</th>
                <th>Node</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((sample) => {
                const id = keyOf(sample);
                return (
                  <Fragment key={id}>
                    <SampleRow
                      sample={sample}
                      open={open === id}
                      onToggle={() => setOpen(open === id ? null : id)}
                    />
                    {open === id && (
                      <tr>
                        <td colSpan={8}>
                          <Hex sample={sample} />
                        </td>
                      </tr>
                    )}
                  </Fragment>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const clock = (at: number): string => new Date(at * 1000).toLocaleTimeString("en-GB", { hour12: false });

function SampleRow({ sample, open, onToggle }: { sample: Sample; open: boolean; onToggle: () => void }) {
  const verdict = VERDICT[sample.verdict] ?? { label: sample.verdict, tone: "neutral" as Tone };
  return (
    <tr>
      <td>
        <button
          type="button"
          className="icon-button"
          aria-expanded={open}
          aria-label={`Bytes of the packet from ${sample.source}`}
          onClick={onToggle}
        >
          <Icon name={open ? "down" : "chevron"} size={16} />
        </button>
      </td>
      <td className="number nowrap">{clock(sample.at)}</td>
      <td className="mono nowrap">{endpoint(sample.source, sample.source_port)}</td>
      <td className="mono nowrap">{endpoint(sample.destination, sample.destination_port)}</td>
      <td className="right number">{count(sample.length)}</td>
      <td className="nowrap">
        <Badge tone={verdict.tone}>{verdict.label}</Badge>{" "}
        {sample.challenge && <Badge tone="warn">Challenge</Badge>}
      </td>
      <td className="right number">{sample.tag || ""}</td>
      <td className="faint">{sample.node}</td>
    </tr>
  );
}

function Hex({ sample }: { sample: Sample }) {
  const packet = fromBase64(sample.packet);
  return (
    <div className="hex">
      <pre>
        {hexRows(packet).map((row) => (
          <div key={row.offset}>
            <span className="faint">{row.offset}</span>
            {"  "}
            {row.bytes.map((byte, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: bytes have no name but their place.
              <span key={at} className={`hex-${byte.part}`}>
                {byte.hex}{" "}
              </span>
            ))}
            {"   ".repeat(16 - row.bytes.length)} {row.text}
          </div>
        ))}
      </pre>
      <p className="faint small">
        <span className="hex-ip">IP header</span>, <span className="hex-udp">UDP header</span>,{" "}
        <span className="hex-payload">payload</span>.
        {packet.length < sample.length && ` The first ${packet.length} of ${sample.length} bytes.`}
      </p>
    </div>
  );
}
