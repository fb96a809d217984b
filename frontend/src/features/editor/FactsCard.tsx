import type { ReactNode } from "react";
import type { Build, Facts } from "@/api/types";
import { Badge } from "@/ui/Badge";
import { Note } from "@/ui/Feedback";
import { count } from "@/ui/format";

const MOST_INSTRUCTIONS = 8192;
const MOST_STACK = 512;

const VERDICT = {
  portable: {
    label: "Portable",
    about: "Safe, every loop is proven to end, and Cloudflare's verifier takes it as well.",
  },
  safe: {
    label: "Safe",
    about: "Memory is safe; fuel ends what is not proven to end. Cloudflare's verifier may refuse it.",
  },
} as const;

interface Props {
  build: Build;
  /** The version that was built: its lines are meant. */
  number: number;
  /** What one packet may cost a program of the account; undefined while that is not known. */
  fuel: number | undefined;
  onJump: (line: number, column: number) => void;
}

/** The verdict on a build and what the verifier knows of the program; nothing where it knows nothing. */
export function FactsCard({ build, number, fuel, onJump }: Props) {
  if (!build.verdict && !build.facts) return null;
  const verdict = build.verdict ? VERDICT[build.verdict] : null;
  return (
    <section className="card" aria-label="Verdict and facts" data-testid="facts">
      <div className="card-head">
        <h2>Verdict on version {number}</h2>
        {verdict && (
          <Badge tone={build.verdict === "portable" ? "good" : "info"} testId="verdict" state={build.verdict}>
            {verdict.label}
          </Badge>
        )}
      </div>
      <div className="card-body facts">
        <p className="small">{verdict?.about ?? "Refused: the problems say why."}</p>
        {build.facts && (
          <Known facts={build.facts} instructions={build.instructions} fuel={fuel} onJump={onJump} />
        )}
      </div>
    </section>
  );
}

interface KnownProps {
  facts: Facts;
  instructions: number | null;
  fuel: Props["fuel"];
  onJump: Props["onJump"];
}

function Known({ facts, instructions, fuel, onJump }: KnownProps) {
  const jump = (line: number) => <LineLink key={line} line={line} onJump={onJump} />;
  return (
    <>
      {facts.ignores_packet && (
        <Note tone="warn">Some packets get their verdict without a look at their bytes.</Note>
      )}
      <h3>Cost</h3>
      <Meter label="Worst-case fuel" value={facts.worst_case_fuel} most={fuel} />
      <Meter label="Instructions" value={instructions} most={MOST_INSTRUCTIONS} />
      {facts.stack.map((frame, at) => (
        <Meter
          // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced as a whole.
          key={at}
          label={at === 0 ? "Stack of cf_ebpf_main" : `Stack of the function at line ${frame.line ?? "?"}`}
          value={frame.bytes}
          most={MOST_STACK}
        />
      ))}
      {facts.helpers.length > 0 && (
        <>
          <h3>Helpers</h3>
          <ul className="facts-helpers">
            {facts.helpers.map((helper) => (
              <li key={helper.name}>
                <code className="break">{helper.name}</code>
                <span className="faint small">line {helper.lines.map(jump)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {facts.reads.length > 0 && (
        <table className="facts-reads">
          <caption>Packet bytes read</caption>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Bytes from the IP header on</th>
            </tr>
          </thead>
          <tbody>
            {facts.reads.map((read) => (
              <tr key={`${read.line}-${read.from}`}>
                <td>{jump(read.line)}</td>
                <td className="number">{bytes(read)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {facts.unreachable.length > 0 && (
        <p className="small">No packet reaches line {facts.unreachable.map(jump)}; dimmed in the editor.</p>
      )}
      {facts.cut && <p className="faint small">There is more; the lists are cut.</p>}
    </>
  );
}

/** "8 to 1,412": first and last byte. */
export function bytes(read: { from: number; to: number | null }): string {
  if (read.to === null) return `${count(read.from)} and on`;
  if (read.to - read.from <= 1) return count(read.from);
  return `${count(read.from)} to ${count(read.to - 1)}`;
}

function Meter({
  label,
  value,
  most,
}: {
  label: string;
  value: number | null;
  most: number | undefined;
}): ReactNode {
  const share = value === null || !most ? 0 : Math.min(1, value / most);
  const words = value === null ? "not bounded" : most ? `${count(value)} of ${count(most)}` : count(value);
  return (
    <div className="meter">
      <span>{label}</span>
      <span className="number faint">{words}</span>
      {/* biome-ignore lint/a11y/useSemanticElements: browsers do not let a meter element be styled alike. */}
      <div
        className={share > 0.8 ? "meter-track meter-high" : "meter-track"}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={most}
        aria-valuenow={value === null ? undefined : Math.min(value, most ?? value)}
        aria-valuetext={words}
      >
        <div style={{ width: `${100 * share}%` }} />
      </div>
    </div>
  );
}

function LineLink({ line, onJump }: { line: number; onJump: Props["onJump"] }) {
  return (
    <button
      type="button"
      className="line-link number"
      aria-label={`Line ${line}`}
      onClick={() => onJump(line, 1)}
    >
      {line}
    </button>
  );
}
