import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { getAccount } from "@/api/accounts";
import { listRules } from "@/api/deployments";
import { sentence } from "@/api/errors";
import { addVersion } from "@/api/programs";
import type { Diagnostic, Program, Version } from "@/api/types";
import { useAccountId, useRole } from "@/app/session";
import { useTitle } from "@/app/useTitle";
import { DeployDialog } from "@/features/deployments/DeployDialog";
import { ReplayTab } from "@/features/replay/ReplayTab";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { Note, Problem } from "@/ui/Feedback";
import { Icon } from "@/ui/Icon";
import { Tabs } from "@/ui/Tabs";
import { toast } from "@/ui/toast";
import { BuildSteps } from "./BuildSteps";
import { CodeEditor, type EditorHandle } from "./CodeEditor";
import { Compare } from "./Compare";
import { FactsCard } from "./FactsCard";
import { Problems } from "./Problems";
import { ProgramMenu } from "./ProgramMenu";
import { useCheck } from "./useCheck";
import { putVersion } from "./usePrograms";
import { useSource } from "./useSource";
import { VersionList } from "./VersionList";

const NONE: Diagnostic[] = [];
const NO_LINES: number[] = [];
type Tab = "code" | "replay" | "compare";

export function Workbench({ program, versions }: { program: Program; versions: Version[] }) {
  useTitle(program.name);
  const account = useAccountId();
  const canWrite = useRole().has("developer");
  const settings = useQuery({ queryKey: ["account", account], queryFn: () => getAccount(account) });
  const queries = useQueryClient();
  const editor = useRef<EditorHandle>(null);
  const [tab, setTab] = useState<Tab>("code");
  const [deploying, setDeploying] = useState<Version | null>(null);
  const latest = versions[0];
  const saved = useMemo(
    () => ({ source: latest?.source ?? "", number: latest?.number ?? 0 }),
    [latest?.source, latest?.number],
  );
  const { source, setSource, dirty, base, kept, restored } = useSource(program.id, saved);
  const { checked, checking } = useCheck(account, source, dirty && canWrite);
  const built = latest?.build.diagnostics ?? NONE;
  // While a text is unchecked the marks of the one before stay, and move with what is typed.
  const [before, setBefore] = useState(NONE);
  const diagnostics = !dirty ? built : checked && checked.source === source ? checked.diagnostics : before;

  const save = useMutation({
    mutationFn: (text: string) => addVersion(account, program.id, text),
    onSuccess: (version) => {
      putVersion(queries, account, program.id, version);
      toast(`Saved as version ${version.number}`);
    },
  });
  const canSave = canWrite && dirty && source.trim() !== "" && !save.isPending;
  const trySave = () => {
    if (canSave) save.mutate(source);
  };
  const change = (text: string) => {
    setBefore(diagnostics);
    setSource(text);
  };
  const deployable = versions.find((version) => version.build.state === "ready");
  const errors = diagnostics.filter((found) => found.severity === "error").length;

  return (
    <>
      <header className="page-head">
        <div>
          <h1 className="break">{program.name}</h1>
          <Where account={account} program={program.id} latest={latest} />
        </div>
        <div className="actions">
          <ProgramMenu program={program} disabled={!canWrite} />
          <Button
            icon={<Icon name="rocket" />}
            disabled={!canWrite || !deployable}
            title={deployable ? undefined : "A version has to be built first."}
            onClick={() => deployable && setDeploying(deployable)}
            data-testid="deploy-open"
          >
            Deploy{deployable ? ` v${deployable.number}` : ""}
          </Button>
          <Button
            kind="primary"
            icon={<Icon name="save" />}
            busy={save.isPending}
            disabled={!canSave}
            onClick={trySave}
            title="Ctrl+S or Cmd+S"
            data-testid="save-version"
          >
            Save version
          </Button>
        </div>
      </header>
      {save.isError && <Problem>{sentence(save.error)}</Problem>}
      {restored && dirty && base !== saved.number && (
        <Note tone="warn">
          Your draft was written on version {base || "none"}; version {saved.number} is the newest. Compare
          before you save.
        </Note>
      )}
      <Tabs
        label="Views of the program"
        value={tab}
        onChange={setTab}
        tabs={[
          { id: "code", label: "Code" },
          { id: "replay", label: "Replay" },
          { id: "compare", label: "Compare" },
        ]}
      >
        {/* The editor stays mounted, so that undo and the cursor survive a look at another tab. */}
        <div className="workbench" hidden={tab !== "code"}>
          <div className="card workbench-code">
            <div className="editor-bar">
              <span className="mono">program.c</span>
              <span className="faint small" role="status" data-testid="draft-state">
                {draftState({ dirty, kept, number: saved.number, canWrite })}
              </span>
              {dirty && canWrite && (
                <Button size="small" kind="quiet" onClick={() => change(saved.source)}>
                  Discard changes
                </Button>
              )}
            </div>
            <CodeEditor
              value={source}
              onChange={change}
              onSave={trySave}
              diagnostics={diagnostics}
              unreachable={dirty ? NO_LINES : (latest?.build.facts?.unreachable ?? NO_LINES)}
              readOnly={!canWrite}
              handle={editor}
            />
            <section className="problems-panel" aria-label="Problems">
              <header>
                <h2>Problems</h2>
                {diagnostics.length > 0 && <Badge tone={errors ? "bad" : "warn"}>{diagnostics.length}</Badge>}
                {checking && <span className="faint small">Checking…</span>}
              </header>
              <Problems
                diagnostics={diagnostics}
                onJump={(line, column) => editor.current?.jump(line, column)}
                none={none(dirty, checked?.source === source && checked.ok, latest)}
              />
            </section>
          </div>
          <div className="workbench-side">
            {latest && (
              <section className="card" aria-label="Build">
                <div className="card-head">
                  <h2>Build of version {latest.number}</h2>
                </div>
                <div className="card-body">
                  <BuildSteps build={latest.build} />
                </div>
              </section>
            )}
            {latest && (
              <FactsCard
                number={latest.number}
                build={latest.build}
                fuel={settings.data?.fuel}
                onJump={(line, column) => editor.current?.jump(line, column)}
              />
            )}
            <VersionList
              versions={versions}
              canWrite={canWrite}
              onDeploy={setDeploying}
              onLoad={(version) => {
                change(version.source);
                toast(`Version ${version.number} is in the editor; save to make it the newest`);
              }}
            />
          </div>
        </div>
        {tab === "replay" && <ReplayTab versions={versions} />}
        {tab === "compare" && versions.length > 0 && (
          <Compare versions={versions} draft={dirty ? source : null} />
        )}
        {tab === "compare" && versions.length === 0 && (
          <p className="muted">Save a version to compare with.</p>
        )}
      </Tabs>
      {deploying && <DeployDialog version={deploying} program={program} onClose={() => setDeploying(null)} />}
    </>
  );
}

interface DraftState {
  dirty: boolean;
  kept: boolean;
  number: number;
  canWrite: boolean;
}

/** What is said about unsaved text. */
export function draftState({ dirty, kept, number, canWrite }: DraftState): string {
  if (!canWrite) return "Read only: your role is viewer";
  if (!dirty) return number ? `Version ${number}, no changes` : "Nothing written yet";
  return kept ? "Unsaved changes, kept in this browser" : "Unsaved changes, this browser cannot keep them";
}

function none(dirty: boolean, fine: boolean, latest: Version | undefined): string {
  if (dirty)
    return fine ? "No problems: this text compiles and is proven safe." : "No problems found so far.";
  if (latest?.build.state === "ready") return "No problems: the program is proven safe.";
  return "Problems of the build appear here.";
}

function Where({
  account,
  program,
  latest,
}: {
  account: string;
  program: string;
  latest: Version | undefined;
}) {
  const rules = useQuery({ queryKey: ["rules", account], queryFn: () => listRules(account) });
  const own = rules.data?.filter((rule) => rule.program.id === program) ?? [];
  return (
    <p className="where">
      {latest ? `Newest version ${latest.number}` : "No version yet"}
      {own.map((rule) => (
        <Badge key={rule.id} tone={rule.mode === "enabled" ? "accent" : "neutral"} dot>
          v{rule.version.number} {rule.mode} on{" "}
          {rule.scope === "global" ? "global" : `${rule.scope} ${rule.name}`}
        </Badge>
      ))}
    </p>
  );
}
