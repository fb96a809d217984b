import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sentence } from "@/api/errors";
import { changeList, createList, deleteList, listLists } from "@/api/lists";
import type { IPList } from "@/api/types";
import { useAccountId, useRole } from "@/app/session";
import { Ago } from "@/ui/Ago";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { Dialog } from "@/ui/Dialog";
import { Note, Problem } from "@/ui/Feedback";
import { TextField } from "@/ui/Field";
import { Icon } from "@/ui/Icon";
import { toast } from "@/ui/toast";
import { ListCard } from "./ListCard";
import { ListEditor } from "./ListEditor";

/** Named IP lists that programs look addresses up in. */
export function Lists() {
  const account = useAccountId();
  const { has, isOperator } = useRole();
  const canWrite = has("developer") || isOperator;
  const queries = useQueryClient();
  const key = ["lists", account];
  const [name, setName] = useState("");
  const [note, setNote] = useState("");
  const [editing, setEditing] = useState<IPList | null>(null);
  const [renaming, setRenaming] = useState<IPList | null>(null);
  const [deleting, setDeleting] = useState<IPList | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: key });
  const query = useQuery({ queryKey: key, queryFn: () => listLists(account) });
  const create = useMutation({
    mutationFn: () => createList(account, name.trim(), note.trim()),
    onSuccess: (made) => {
      setName("");
      setNote("");
      refresh();
      setEditing(made);
    },
  });
  return (
    <>
      <ListCard
        title="IP lists"
        about="Named lists of networks that your programs can look addresses up in."
        query={query}
        columns={["Name", "Note", "Entries", "Changed", ""]}
        empty={{
          title: "No list yet",
          text: "A list keeps addresses out of your code: a program asks whether a source is on it, and you change it here without a new version or an approval.",
        }}
        form={
          canWrite && (
            <form
              className="inline-form"
              onSubmit={(event) => {
                event.preventDefault();
                create.mutate();
              }}
            >
              <TextField
                label="Name"
                placeholder="bots"
                value={name}
                onChange={setName}
                required
                maxLength={63}
                pattern="[a-z0-9_\-]+"
                title="Lower-case letters, digits, _ and -"
                error={create.isError ? sentence(create.error) : undefined}
                testId="list-name"
              />
              <TextField
                label="Note"
                placeholder="Seen in attacks"
                value={note}
                onChange={setNote}
                maxLength={200}
              />
              <Button type="submit" busy={create.isPending} icon={<Icon name="plus" />}>
                Make list
              </Button>
            </form>
          )
        }
        row={(list) => (
          <tr key={list.id}>
            <td className="mono break">{list.name}</td>
            <td className="break list-note">{list.note}</td>
            <td className="number">{list.size.toLocaleString("en")}</td>
            <td className="faint nowrap">
              <Ago at={list.modified_on} />
            </td>
            <td className="right nowrap">
              <Button
                size="small"
                kind="quiet"
                onClick={() => setEditing(list)}
                aria-label={`${canWrite ? "Edit" : "Show"} ${list.name}`}
              >
                {canWrite ? "Edit" : "Show"}
              </Button>
              {canWrite && (
                <>
                  <Button
                    size="small"
                    kind="quiet"
                    onClick={() => setRenaming(list)}
                    aria-label={`Rename ${list.name}`}
                  >
                    Rename
                  </Button>
                  <Button
                    size="small"
                    kind="quiet"
                    onClick={() => setDeleting(list)}
                    aria-label={`Delete ${list.name}`}
                  >
                    Delete
                  </Button>
                </>
              )}
            </td>
          </tr>
        )}
      />
      {editing && (
        <ListEditor
          account={account}
          list={editing}
          canWrite={canWrite}
          onChanged={refresh}
          onClose={() => setEditing(null)}
        />
      )}
      {renaming && (
        <Rename account={account} list={renaming} onChanged={refresh} onClose={() => setRenaming(null)} />
      )}
      <Confirm
        open={deleting !== null}
        title={`Delete the list ${deleting?.name}?`}
        action="Delete list"
        danger
        onClose={() => setDeleting(null)}
        onConfirm={async () => {
          if (deleting) await deleteList(account, deleting.id);
          refresh();
        }}
      >
        <p>
          Its {deleting?.size.toLocaleString("en")} entries go with it, on every node at once. Which programs
          use it is known only when they run: those that do find nothing from then on.
        </p>
      </Confirm>
    </>
  );
}

interface RenameProps {
  account: string;
  list: IPList;
  onChanged: () => void;
  onClose: () => void;
}

function Rename({ account, list, onChanged, onClose }: RenameProps) {
  const [name, setName] = useState(list.name);
  const [note, setNote] = useState(list.note ?? "");
  const change = useMutation({
    mutationFn: () => changeList(account, list.id, { name: name.trim(), note: note.trim() }),
    onSuccess: () => {
      toast("Saved");
      onChanged();
      onClose();
    },
  });
  return (
    <Dialog title={`Rename ${list.name}`} open onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <div className="dialog-content">
          <TextField label="Name" value={name} onChange={setName} required maxLength={63} />
          <TextField label="Note" value={note} onChange={setNote} maxLength={200} />
          {name.trim() !== list.name && (
            <Note tone="warn">Programs that look up {list.name} find nothing from then on.</Note>
          )}
          {change.isError && <Problem>{sentence(change.error)}</Problem>}
        </div>
        <footer className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={change.isPending}>
            Save
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
