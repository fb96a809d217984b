import { type DragEvent, useId, useState } from "react";
import { sentence } from "@/api/errors";
import { uploadCapture } from "@/api/programs";
import type { Capture } from "@/api/types";
import { useAccountId } from "@/app/session";
import { Problem } from "@/ui/Feedback";
import { Icon } from "@/ui/Icon";
import { toast } from "@/ui/toast";

interface Props {
  disabled: boolean;
  onDone: (capture: Capture) => void;
}

/** A place to drop a capture on, or to choose one, with the share that is sent. */
export function Upload({ disabled, onDone }: Props) {
  const account = useAccountId();
  const id = useId();
  const [over, setOver] = useState(false);
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const send = async (file: File | undefined) => {
    if (!file || share !== null) return;
    setProblem(null);
    setShare(0);
    try {
      const capture = await uploadCapture(account, file, setShare);
      toast(`${capture.name} is uploaded`);
      onDone(capture);
    } catch (error) {
      setProblem(sentence(error));
    } finally {
      setShare(null);
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (disabled) return;
    if (event.dataTransfer.files.length > 1) setProblem("Drop one capture at a time.");
    else send(event.dataTransfer.files[0]);
  };
  return (
    <section
      className={over ? "upload upload-over" : "upload"}
      aria-label="Upload a capture"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(!disabled);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Icon name="upload" size={22} />
      {share === null ? (
        <p>
          <strong>Drop a capture here</strong>
          <br />
          <span className="faint">pcap or pcapng, up to 32 MB</span>
        </p>
      ) : (
        <div className="upload-progress">
          <progress max={1} value={share} aria-label="Upload" />
          <span className="number faint">{Math.round(share * 100)} %</span>
        </div>
      )}
      <input
        id={id}
        className="visually-hidden"
        type="file"
        accept=".pcap,.pcapng,.cap"
        disabled={disabled || share !== null}
        data-testid="capture-file"
        onChange={(event) => {
          send(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <label htmlFor={id} className="button button-small" aria-disabled={disabled || share !== null}>
        Choose a file
      </label>
      {problem && <Problem>{problem}</Problem>}
    </section>
  );
}
