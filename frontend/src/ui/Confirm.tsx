import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { sentence } from "@/api/errors";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Problem } from "./Feedback";
import { TextArea } from "./Field";

interface Props {
  open: boolean;
  title: string;
  children: ReactNode;
  action: string;
  danger?: boolean;
  /** Asks for a text that is handed to onConfirm; "required" refuses an empty one. */
  reason?: "optional" | "required";
  onConfirm: (reason: string) => Promise<unknown>;
  onClose: () => void;
}

/** Asks before something that cannot be taken back; closes itself when the work is done, shows why when it is refused. */
export function Confirm({ open, title, children, action, danger, reason, onConfirm, onClose }: Props) {
  const [text, setText] = useState("");
  const close = () => {
    run.reset();
    setText("");
    onClose();
  };
  const run = useMutation({ mutationFn: () => onConfirm(text.trim()), onSuccess: close });
  const missing = reason === "required" && !text.trim();
  return (
    <Dialog title={title} open={open} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) run.mutate();
        }}
      >
        <div className="dialog-content">
          {children}
          {reason && (
            <TextArea
              label={reason === "required" ? "Reason" : "Reason (optional)"}
              value={text}
              onChange={setText}
              rows={3}
              maxLength={500}
            />
          )}
          {run.isError && <Problem>{sentence(run.error)}</Problem>}
        </div>
        <footer className="dialog-foot">
          <Button onClick={close}>Cancel</Button>
          <Button
            type="submit"
            kind={danger ? "danger" : "primary"}
            busy={run.isPending}
            disabled={missing}
            data-testid="confirm"
          >
            {action}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
