import { VERSIONS_SHOWN } from "@/api/programs";
import type { Version } from "@/api/types";
import { BUILD } from "@/features/programs/states";
import { Ago } from "@/ui/Ago";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";

interface Props {
  versions: Version[];
  canWrite: boolean;
  onLoad: (version: Version) => void;
  onDeploy: (version: Version) => void;
}

/** The versions, newest first. */
export function VersionList({ versions, canWrite, onLoad, onDeploy }: Props) {
  return (
    <section className="card" aria-label="Versions">
      <div className="card-head">
        <h2>Versions</h2>
        <span className="faint small">{versions.length}</span>
      </div>
      {versions.length === 0 && <p className="card-body muted">Save to make the first one.</p>}
      <ul className="versions">
        {versions.map((version) => {
          const state = BUILD[version.build.state];
          return (
            <li key={version.id}>
              <div className="version-line">
                <strong className="number">v{version.number}</strong>
                <Badge tone={state.tone} dot pulse={state.running}>
                  {state.label}
                </Badge>
                <span className="faint small">
                  <Ago at={version.created_on} />
                </span>
              </div>
              <div className="version-line">
                <span className="faint small version-by">{version.created_by}</span>
                <Button size="small" kind="quiet" disabled={!canWrite} onClick={() => onLoad(version)}>
                  Load
                </Button>
                <Button
                  size="small"
                  kind="quiet"
                  disabled={!canWrite || version.build.state !== "ready"}
                  onClick={() => onDeploy(version)}
                >
                  Deploy
                </Button>
              </div>
            </li>
          );
        })}
      </ul>
      {versions.length >= VERSIONS_SHOWN && (
        <p className="card-body faint small">The newest {VERSIONS_SHOWN} are shown.</p>
      )}
    </section>
  );
}
