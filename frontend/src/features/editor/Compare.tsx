import { useState } from "react";
import type { Version } from "@/api/types";
import { Select } from "@/ui/Field";
import { useNarrow } from "@/ui/useNarrow";
import DiffView from "./DiffView";

interface Props {
  versions: Version[];
  /** Unsaved text, offered as a side of its own. */
  draft: string | null;
}

const UNSAVED = "unsaved";

/** Any two versions, or a version and the unsaved text. */
export function Compare({ versions, draft }: Props) {
  const [before, setBefore] = useState(() =>
    String(versions[draft === null ? 1 : 0]?.number ?? versions[0]?.number),
  );
  const [after, setAfter] = useState(() => (draft === null ? String(versions[0]?.number) : UNSAVED));
  const narrow = useNarrow(900);
  const [chosen, setChosen] = useState<boolean | null>(null);
  const unified = chosen ?? narrow;
  const options = [
    ...(draft === null ? [] : [{ value: UNSAVED, label: "Unsaved text" }]),
    ...versions.map((version) => ({ value: String(version.number), label: `Version ${version.number}` })),
  ];
  const source = (choice: string) =>
    choice === UNSAVED
      ? (draft ?? "")
      : (versions.find((version) => String(version.number) === choice)?.source ?? "");
  return (
    <div className="compare">
      <div className="compare-head">
        <Select label="Before" value={before} onChange={setBefore} options={options} testId="diff-before" />
        <Select label="After" value={after} onChange={setAfter} options={options} testId="diff-after" />
        <fieldset className="segments" aria-label="Layout">
          <button type="button" aria-pressed={!unified} onClick={() => setChosen(false)}>
            Side by side
          </button>
          <button type="button" aria-pressed={unified} onClick={() => setChosen(true)}>
            Unified
          </button>
        </fieldset>
      </div>
      <DiffView before={source(before)} after={source(after)} unified={unified} />
    </div>
  );
}
