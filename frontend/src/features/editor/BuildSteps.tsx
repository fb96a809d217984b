import type { Build } from "@/api/types";
import { BUILD } from "@/features/programs/states";
import { Badge } from "@/ui/Badge";
import { count, milliseconds } from "@/ui/format";
import { Icon } from "@/ui/Icon";

const STEPS = [
  { key: "compile", state: "compiling", label: "Compile", about: "clang to BPF" },
  { key: "verify", state: "verifying", label: "Verify", about: "proof of safety" },
  { key: "replay", state: "replaying", label: "Replay", about: "on a capture" },
] as const;

type Shown = "done" | "now" | "failed" | "waiting" | "skipped";

/** What to show for each step of a build. */
export function stepsOf(build: Pick<Build, "state" | "steps">): Shown[] {
  const done = STEPS.map((step) => build.steps[step.key] !== undefined);
  const last = done.lastIndexOf(true);
  return STEPS.map((step, at) => {
    if (build.state === step.state) return "now";
    if (build.state === "failed" && at === Math.max(last, 0)) return "failed";
    if (done[at]) return "done";
    return build.state === "ready" ? "skipped" : "waiting";
  });
}

/** The build's state and its steps with their times. */
export function BuildSteps({ build }: { build: Build }) {
  const state = BUILD[build.state];
  const shown = stepsOf(build);
  return (
    <div className="build">
      <div className="build-head">
        <Badge tone={state.tone} dot pulse={state.running} testId="build-state" state={build.state}>
          {state.label}
        </Badge>
        {build.instructions != null && (
          <span className="faint number">{count(build.instructions)} instructions</span>
        )}
      </div>
      <ol className="steps" aria-label="Build steps">
        {STEPS.map((step, at) => {
          const took = build.steps[step.key];
          const look = shown[at] ?? "waiting";
          return (
            <li key={step.key} className={`step step-${look}`} aria-label={`${step.label}: ${look}`}>
              <span className="step-sign" aria-hidden="true">
                {look === "done" && <Icon name="check" size={13} />}
                {look === "failed" && <Icon name="close" size={13} />}
                {look === "now" && <span className="spinner" />}
              </span>
              <span>
                {step.label} <span className="faint">{step.about}</span>
              </span>
              <span className="number faint">
                {took !== undefined ? milliseconds(took) : look === "skipped" ? "no capture" : ""}
              </span>
            </li>
          );
        })}
      </ol>
      {build.compiler && <p className="faint small break">{build.compiler}</p>}
    </div>
  );
}
