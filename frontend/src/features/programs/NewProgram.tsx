import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { fieldError, sentence } from "@/api/errors";
import { createProgram } from "@/api/programs";
import { useAccountId } from "@/app/session";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Problem } from "@/ui/Feedback";
import { TextField } from "@/ui/Field";
import { TEMPLATES } from "./templates";

/** A name and a template, then on to the editor. */
export function NewProgram({ open, onClose }: { open: boolean; onClose: () => void }) {
  const account = useAccountId();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [template, setTemplate] = useState<string>(TEMPLATES[0].id);
  const run = useMutation({
    mutationFn: () =>
      createProgram(account, name.trim(), TEMPLATES.find((item) => item.id === template)?.source ?? ""),
    onSuccess: (program) => {
      queries.invalidateQueries({ queryKey: ["programs", account] });
      navigate({ to: "/accounts/$account/programs/$program", params: { account, program: program.id } });
    },
  });
  return (
    <Dialog title="New program" open={open} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run.mutate();
        }}
      >
        <div className="dialog-content">
          <TextField
            label="Name"
            value={name}
            onChange={setName}
            required
            maxLength={120}
            autoFocus
            placeholder="game_guard"
            error={fieldError(run.error, "name")}
            testId="program-name"
          />
          <fieldset className="choices">
            <legend className="label">Begin with</legend>
            {TEMPLATES.map((item) => (
              <label key={item.id} className="choice">
                <input
                  type="radio"
                  name="template"
                  checked={template === item.id}
                  onChange={() => setTemplate(item.id)}
                />
                <span>
                  <strong>{item.name}</strong>
                  <span className="faint">{item.about}</span>
                </span>
              </label>
            ))}
          </fieldset>
          {run.isError && !fieldError(run.error, "name") && <Problem>{sentence(run.error)}</Problem>}
        </div>
        <footer className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind="primary"
            busy={run.isPending}
            disabled={!name.trim()}
            data-testid="program-create"
          >
            Create
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
