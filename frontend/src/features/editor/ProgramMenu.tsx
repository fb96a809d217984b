import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { sentence } from "@/api/errors";
import { deleteProgram, renameProgram } from "@/api/programs";
import type { Program } from "@/api/types";
import { useAccountId } from "@/app/session";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { Dialog } from "@/ui/Dialog";
import { Problem } from "@/ui/Feedback";
import { TextField } from "@/ui/Field";
import { Icon } from "@/ui/Icon";
import { toast } from "@/ui/toast";
import { dropDraft } from "./draft";

/** Rename and delete. */
export function ProgramMenu({ program, disabled }: { program: Program; disabled: boolean }) {
  const account = useAccountId();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState<"rename" | "delete" | null>(null);
  const [name, setName] = useState(program.name);
  const refresh = () => queries.invalidateQueries({ queryKey: ["programs", account] });
  const rename = useMutation({
    mutationFn: () => renameProgram(account, program.id, name.trim()),
    onSuccess: (changed) => {
      queries.setQueryData(["program", account, program.id], changed);
      refresh();
      setOpen(null);
    },
  });
  return (
    <>
      <button
        type="button"
        className="icon-button"
        disabled={disabled}
        aria-label="Rename"
        title="Rename"
        onClick={() => setOpen("rename")}
      >
        <Icon name="pencil" />
      </button>
      <button
        type="button"
        className="icon-button"
        disabled={disabled}
        aria-label="Delete the program"
        title="Delete the program"
        onClick={() => setOpen("delete")}
      >
        <Icon name="trash" />
      </button>
      <Dialog title="Rename the program" open={open === "rename"} onClose={() => setOpen(null)}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            rename.mutate();
          }}
        >
          <div className="dialog-content">
            <TextField label="Name" value={name} onChange={setName} required maxLength={120} autoFocus />
            {rename.isError && <Problem>{sentence(rename.error)}</Problem>}
          </div>
          <footer className="dialog-foot">
            <Button onClick={() => setOpen(null)}>Cancel</Button>
            <Button type="submit" kind="primary" busy={rename.isPending} disabled={!name.trim()}>
              Rename
            </Button>
          </footer>
        </form>
      </Dialog>
      <Confirm
        open={open === "delete"}
        title={`Delete ${program.name}?`}
        action="Delete program"
        danger
        onClose={() => setOpen(null)}
        onConfirm={async () => {
          await deleteProgram(account, program.id);
          dropDraft(program.id);
          refresh();
          toast(`${program.name} is deleted`);
          navigate({ to: "/accounts/$account/programs", params: { account } });
        }}
      >
        <p>All its versions and replays are deleted with it. A program that a rule uses cannot be deleted.</p>
      </Confirm>
    </>
  );
}
