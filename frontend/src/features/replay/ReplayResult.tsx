import { useMemo, useState } from "react";
import { annotatedUrl } from "@/api/programs";
import type { Replay, ReplayedPacket, ReplaySummary } from "@/api/types";
import { Badge, type Tone } from "@/ui/Badge";
import { Problem } from "@/ui/Feedback";
import { TextField } from "@/ui/Field";
import { count, percent } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { type Column, VirtualTable } from "@/ui/VirtualTable";
import { isRunning } from "./ReplayTab";

const VERDICT: Record<ReplayedPacket["verdict"], { label: string; tone: Tone }> = {
  pass: { label: "Pass", tone: "good" },
  drop: { label: "Drop", tone: "bad" },
  ignored: { label: "Ignored", tone: "neutral" },
  error: { label: "Error", tone: "warn" },
};

/** An address with its port; IPv6 in brackets, so that the port can be told apart. */
export function endpoint(address: string | null | undefined, port: number | null | undefined): string {
  if (!address) return "";
  const host = address.includes(":") ? `[${address}]` : address;
  return port == null ? address : `${host}:${port}`;
}

/** Seconds since the first packet, in microseconds' precision. */
export const sinceStart = (time: number, start: number): string => Math.max(0, time - start).toFixed(6);

/** Everything of a packet that the filter looks at, in lower case. */
export function searchable(packet: ReplayedPacket): string {
  const ends = [
    endpoint(packet.source, packet.source_port),
    endpoint(packet.destination, packet.destination_port),
  ];
  const rest = [
    packet.number,
    ...ends,
    packet.verdict,
    `tag:${packet.tag}`,
    packet.challenge ? "challenge" : "",
  ];
  return [...rest, ...packet.printed].join(" ").toLowerCase();
}

/** The packets that hold every word of the filter. */
export function filterPackets(packets: readonly ReplayedPacket[], text: string): ReplayedPacket[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...packets];
  return packets.filter((packet) => {
    const known = searchable(packet);
    return words.every((word) => known.includes(word));
  });
}

export function ReplayResult({ replay, account }: { replay: Replay; account: string }) {
  if (isRunning(replay)) {
    return (
      <section className="card card-body replay-wait" data-testid="replay-state">
        <span className="spinner" aria-hidden="true" />
        <p>
          {replay.state === "queued" ? "Waiting for a worker" : "Replaying"} {replay.capture_name} through
          version {replay.version_number}…
        </p>
      </section>
    );
  }
  if (replay.state === "failed" || !replay.summary) {
    return (
      <Problem>
        The replay of {replay.capture_name} failed: {replay.error || "it gave no result"}.
      </Problem>
    );
  }
  return <Result replay={replay} summary={replay.summary} account={account} />;
}

function Result({ replay, summary, account }: { replay: Replay; summary: ReplaySummary; account: string }) {
  const [filter, setFilter] = useState("");
  const packets = useMemo(() => filterPackets(summary.first, filter), [summary.first, filter]);
  const columns = useMemo(() => columnsFrom(summary.first[0]?.time ?? 0), [summary.first]);
  return (
    <section className="card" aria-label="Result" data-testid="replay-result">
      <div className="card-head">
        <h2>
          {replay.capture_name} through version {replay.version_number}
        </h2>
        <a className="button button-small" href={annotatedUrl(account, replay.id)} download>
          <Icon name="download" /> Annotated pcapng
        </a>
      </div>
      <div className="card-body replay-summary">
        <Numbers summary={summary} />
        <VerdictBar summary={summary} />
        <Tags summary={summary} />
      </div>
      <div className="replay-filter">
        <TextField
          label="Filter packets"
          type="search"
          placeholder="drop 10.0.0.7 tag:1"
          value={filter}
          onChange={setFilter}
          testId="replay-filter"
        />
        <span className="faint number" role="status">
          {filter
            ? `${count(packets.length)} of ${count(summary.first.length)}`
            : `${count(summary.first.length)}`}{" "}
          packets
          {summary.first.length < summary.packets &&
            `; the first of ${count(summary.packets)}, all are in the download`}
        </span>
      </div>
      {packets.length === 0 ? (
        <p className="card-body muted">No packet matches the filter.</p>
      ) : (
        <VirtualTable
          label="Packets"
          columns={columns}
          rows={packets}
          rowKey={(packet) => packet.number}
          height={Math.min(476, packets.length * 34)}
          minWidth={940}
        />
      )}
    </section>
  );
}

function columnsFrom(start: number): Array<Column<ReplayedPacket>> {
  return [
    { key: "number", label: "No.", width: "64px", right: true, cell: (row) => count(row.number) },
    {
      key: "time",
      label: "Time (s)",
      width: "104px",
      right: true,
      cell: (row) => sinceStart(row.time, start),
    },
    {
      key: "source",
      label: "Source",
      width: "21%",
      cell: (row) => endpoint(row.source, row.source_port),
    },
    {
      key: "destination",
      label: "Destination",
      width: "21%",
      cell: (row) => endpoint(row.destination, row.destination_port),
    },
    { key: "length", label: "Length", width: "72px", right: true, cell: (row) => count(row.length) },
    {
      key: "verdict",
      label: "Verdict",
      width: "92px",
      cell: (row) => <Badge tone={VERDICT[row.verdict].tone}>{VERDICT[row.verdict].label}</Badge>,
    },
    { key: "tag", label: "Tag", width: "64px", right: true, cell: (row) => (row.tag ? String(row.tag) : "") },
    {
      key: "challenge",
      label: "Challenge",
      width: "92px",
      cell: (row) => (row.challenge ? <Badge tone="warn">Sent</Badge> : ""),
    },
    { key: "printed", label: "Printed", cell: (row) => row.printed.join(" | ") },
  ];
}

function Numbers({ summary }: { summary: ReplaySummary }) {
  const udp = summary.packets - summary.ignored;
  const shown = [
    { label: "Packets", value: count(summary.packets) },
    { label: "Passed", value: count(summary.passed), more: percent(summary.passed, udp) },
    ...(summary.skipped
      ? [{ label: "Skipped (good flows)", value: count(summary.skipped), more: "of those that passed" }]
      : []),
    { label: "Dropped", value: count(summary.dropped), more: percent(summary.dropped, udp) },
    { label: "Not UDP", value: count(summary.ignored) },
    { label: "Challenges", value: count(summary.challenges) },
    { label: "Errors", value: count(summary.errors) },
    ...(summary.ns_per_packet
      ? [{ label: "Per packet", value: `${count(Math.round(summary.ns_per_packet))} ns` }]
      : []),
  ];
  return (
    <dl className="numbers">
      {shown.map(({ label, value, more }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className="number">
            {value} {more && <span className="faint">{more}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function VerdictBar({ summary }: { summary: ReplaySummary }) {
  const parts = [
    { name: "passed", value: summary.passed },
    { name: "dropped", value: summary.dropped },
    { name: "errors", value: summary.errors },
    { name: "ignored", value: summary.ignored },
  ].filter((part) => part.value > 0);
  const text = parts.map((part) => `${part.name} ${percent(part.value, summary.packets)}`).join(", ");
  return (
    <div className="verdict-bar" role="img" aria-label={`Verdicts: ${text}`} title={text}>
      {parts.map((part) => (
        <span key={part.name} className={`verdict-${part.name}`} style={{ flexGrow: part.value }} />
      ))}
    </div>
  );
}

function Tags({ summary }: { summary: ReplaySummary }) {
  const tags = Object.entries(summary.tags).filter(([tag]) => tag !== "0");
  if (tags.length === 0) return null;
  return (
    <p className="tags">
      <span className="faint">Tags</span>
      {tags.map(([tag, packets]) => (
        <Badge key={tag} tone="info">
          {tag}: {count(packets)}
        </Badge>
      ))}
    </p>
  );
}
