/** Run a version over recorded packets and look at each verdict. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sentence } from "@/api/errors";
import { deleteCapture, getReplay, listCaptures, listReplays, startReplay } from "@/api/programs";
import type { Replay, Version } from "@/api/types";
import { useAccountId, useRole } from "@/app/session";
import { useLiveEvent, useLiveState } from "@/live/hooks";
import { Ago } from "@/ui/Ago";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { Empty, Problem, Skeleton } from "@/ui/Feedback";
import { Select, TextField } from "@/ui/Field";
import { bytes } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { ReplayResult } from "./ReplayResult";
import { Upload } from "./Upload";

export const isRunning = (replay: Pick<Replay, "state"> | undefined): boolean =>
  replay?.state === "queued" || replay?.state === "running";

export function ReplayTab({ versions }: { versions: Version[] }) {
  const account = useAccountId();
  const canWrite = useRole().has("developer");
  const queries = useQueryClient();
  const ready = versions.filter((version) => version.build.state === "ready");
  const [picked, setVersion] = useState("");
  const version = ready.some((item) => item.id === picked) ? picked : (ready[0]?.id ?? "");
  const [pickedCapture, setCapture] = useState("");
  const [offset, setOffset] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);

  const captures = useQuery({ queryKey: ["captures", account], queryFn: () => listCaptures(account) });
  const capture = pickedCapture || captures.data?.[0]?.id || "";
  const own = captures.data?.find((item) => item.id === capture && !item.supplied);
  const [deleting, setDeleting] = useState(false);
  const replays = useQuery({
    queryKey: ["replays", account, version],
    queryFn: () => listReplays(account, version),
    enabled: version !== "",
  });
  const shown = chosen ?? replays.data?.[0]?.id ?? null;
  const connected = useLiveState().name === "live";
  const replay = useQuery({
    queryKey: ["replay", account, shown],
    queryFn: () => getReplay(account, shown ?? ""),
    enabled: shown !== null,
    refetchInterval: (query) => (isRunning(query.state.data) ? (connected ? 3000 : 1000) : false),
  });
  useLiveEvent("replay", (event) => {
    if (event.id === shown) queries.invalidateQueries({ queryKey: ["replay", account, shown] });
    queries.invalidateQueries({ queryKey: ["replays", account, version] });
  });
  const run = useMutation({
    mutationFn: () => startReplay(account, version, capture, offset.trim() === "" ? null : Number(offset)),
    onSuccess: (started) => {
      queries.setQueryData(["replay", account, started.id], started);
      queries.invalidateQueries({ queryKey: ["replays", account, version] });
      setChosen(started.id);
    },
  });

  if (ready.length === 0) {
    return (
      <div className="card">
        <Empty icon="play" title="No version is ready to replay">
          A version can be replayed once it is compiled and proven safe. Look at the problems under Code, and
          save again.
        </Empty>
      </div>
    );
  }
  return (
    <div className="page">
      <div className="replay-start">
        <section className="card card-body replay-form" aria-label="New replay">
          <div className="field-row">
            <Select
              label="Version"
              value={version}
              onChange={(value) => {
                setVersion(value);
                setChosen(null);
              }}
              options={ready.map((item) => ({ value: item.id, label: `Version ${item.number}` }))}
            />
            <Select
              label="Capture"
              value={capture}
              onChange={setCapture}
              testId="replay-capture"
              options={(captures.data ?? []).map((item) => ({
                value: item.id,
                label: `${item.name} (${bytes(item.size)}${item.supplied ? ", supplied" : ""})`,
              }))}
            />
            <TextField
              label="IP offset"
              inputMode="numeric"
              pattern="[0-9]*"
              placeholder="found out"
              value={offset}
              onChange={(value) => setOffset(value.replace(/\D/g, ""))}
              hint="Bytes before the IP header."
            />
          </div>
          {run.isError && <Problem>{sentence(run.error)}</Problem>}
          <div className="actions">
            <Button
              kind="primary"
              icon={<Icon name="play" />}
              busy={run.isPending}
              disabled={!canWrite || !capture}
              onClick={() => run.mutate()}
              data-testid="replay-run"
            >
              Run replay
            </Button>
            {own && (
              <Button
                kind="quiet"
                icon={<Icon name="trash" size={16} />}
                disabled={!canWrite}
                onClick={() => setDeleting(true)}
              >
                Delete this capture
              </Button>
            )}
            {captures.data?.length === 0 && <span className="muted">Upload a capture first.</span>}
          </div>
        </section>
        <Upload
          disabled={!canWrite}
          onDone={(added) => {
            queries.invalidateQueries({ queryKey: ["captures", account] });
            setCapture(added.id);
          }}
        />
      </div>
      <Confirm
        open={deleting}
        title={`Delete ${own?.name}?`}
        action="Delete capture"
        danger
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          if (own) await deleteCapture(account, own.id);
          setCapture("");
          setChosen(null);
          for (const key of ["captures", "replays"]) queries.invalidateQueries({ queryKey: [key, account] });
        }}
      >
        <p>Its replays, of every program, are deleted with it.</p>
      </Confirm>
      {replays.data && replays.data.length > 1 && (
        <nav className="replay-history" aria-label="Replays of this version">
          {replays.data.slice(0, 8).map((item) => (
            <button
              type="button"
              key={item.id}
              aria-current={item.id === shown || undefined}
              onClick={() => setChosen(item.id)}
            >
              {item.capture_name} <Ago at={item.created_on} />
            </button>
          ))}
        </nav>
      )}
      {replay.isError && <Problem>{sentence(replay.error)}</Problem>}
      {shown && replay.isPending && <Skeleton lines={5} />}
      {replay.data && <ReplayResult replay={replay.data} account={account} />}
      {!shown && replays.isSuccess && (
        <div className="card">
          <Empty icon="play" title="Not replayed yet">
            Choose a capture and run the replay: you see the verdict on every packet before any real one is
            touched.
          </Empty>
        </div>
      )}
    </div>
  );
}
