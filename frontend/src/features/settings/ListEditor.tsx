import { useMutation, useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useRef, useState } from "react";
import { sentence } from "@/api/errors";
import { addEntry, getList, lineErrors, setEntries } from "@/api/lists";
import type { IPList, IPListText } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { LoadError, Note, Problem, Skeleton } from "@/ui/Feedback";
import { TextField } from "@/ui/Field";
import { toast } from "@/ui/toast";
import { LinesField } from "./LinesField";
import { nextMatch, rangeOf } from "./lines";

interface Props {
  account: string;
  list: IPList;
  canWrite: boolean;
  onChanged: () => void;
  onClose: () => void;
}

/** What is on a list, as text. */
export function ListEditor(props: Props) {
  const { account, list } = props;
  const dirty = useRef(false);
  const onClose = () => {
    if (!dirty.current || window.confirm("Throw away what you changed?")) props.onClose();
  };
  const query = useQuery({
    queryKey: ["list", account, list.id],
    queryFn: () => getList(account, list.id),
    gcTime: 0,
    // Reading it again by itself would throw away what somebody is writing.
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Dialog title={`List ${list.name}`} open onClose={onClose} wide>
      {query.isPending && <Skeleton />}
      {query.isError && <LoadError error={query.error} retry={() => query.refetch()} />}
      {query.data && (
        <Editor
          {...props}
          key={query.data.modified_on}
          read={query.data}
          again={() => query.refetch()}
          onClose={onClose}
          unsaved={dirty}
        />
      )}
    </Dialog>
  );
}

function Editor({
  account,
  list,
  canWrite,
  onChanged,
  onClose,
  read,
  again,
  unsaved,
}: Props & { read: IPListText; again: () => Promise<unknown>; unsaved: RefObject<boolean> }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(read.text);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const [cidr, setCidr] = useState("");
  const [note, setNote] = useState("");
  const dirty = text !== read.text;
  useEffect(() => {
    unsaved.current = dirty;
  }, [unsaved, dirty]);
  useEffect(() => {
    // The dialog opened before there was a field; and after adding one, the next is typed here.
    area.current?.closest("dialog")?.querySelector("input")?.focus();
  }, []);
  const add = useMutation({
    mutationFn: () => addEntry(account, list.id, cidr.trim(), note.trim()),
    onSuccess: async (made) => {
      toast(`${made.cidr} is on ${list.name}`);
      onChanged();
      await again();
    },
  });
  const save = useMutation({
    mutationFn: () => setEntries(account, list.id, text, read.modified_on),
    onSuccess: (saved) => {
      toast(`${saved.name} has ${saved.size.toLocaleString("en")} entries; nodes follow at once`);
      onChanged();
      unsaved.current = false;
      onClose();
    },
    onError: (error) => {
      const [first] = lineErrors(error);
      if (first) goTo(first.line);
    },
  });
  const errors = lineErrors(save.error);
  const goTo = (line: number) => {
    const field = area.current;
    if (!field) return;
    field.focus();
    field.setSelectionRange(...rangeOf(text, line));
    field.scrollTop = Math.max(0, (line - 4) * 20);
    setAt(line);
  };
  const match = nextMatch(text, words, at);
  return (
    <>
      <div className="dialog-content">
        {canWrite && (
          <form
            className="inline-form"
            onSubmit={(event) => {
              event.preventDefault();
              add.mutate();
            }}
          >
            <TextField
              label="Add one"
              placeholder="203.0.113.9"
              value={cidr}
              onChange={setCidr}
              required
              error={add.isError ? sentence(add.error) : undefined}
              hint={dirty ? "Save or undo what you changed below first." : undefined}
              testId="list-add"
            />
            <TextField label="Note" value={note} onChange={setNote} maxLength={200} />
            <Button type="submit" busy={add.isPending} disabled={dirty}>
              Add
            </Button>
          </form>
        )}
        <form
          className="list-find"
          onSubmit={(event) => {
            event.preventDefault();
            if (match) goTo(match);
          }}
        >
          <input
            className="input"
            type="search"
            aria-label="Search the list"
            placeholder="Search"
            value={words}
            onChange={(event) => {
              setWords(event.target.value);
              setAt(0);
            }}
          />
          <Button type="submit" size="small" disabled={!match}>
            Find next
          </Button>
          <span className="faint small" role="status">
            {words.trim() && !match ? "Nothing found" : ""}
          </span>
        </form>
        <LinesField
          label="Entries, one a line"
          area={area}
          value={text}
          readOnly={!canWrite}
          errors={errors}
          onChange={(value) => {
            setText(value);
            if (save.isError) save.reset();
          }}
        />
        <p className="faint small">
          One network or address a line; # begins a note. Entries that stay keep the time at which they
          expire.
        </p>
        {save.isError && <Problem>{failure(save.error, errors.length)}</Problem>}
        {errors.length > 0 && (
          <ul className="line-errors" aria-label="Bad lines">
            {errors.map((error) => (
              <li key={error.line}>
                <button type="button" onClick={() => goTo(error.line)}>
                  Line {error.line}: {error.message}
                </button>
              </li>
            ))}
          </ul>
        )}
        {!canWrite && <Note>Developers can change this list.</Note>}
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{canWrite ? "Cancel" : "Close"}</Button>
        {canWrite && (
          <Button
            kind="primary"
            busy={save.isPending}
            disabled={!dirty}
            onClick={() => save.mutate()}
            data-testid="list-save"
          >
            Save
          </Button>
        )}
      </footer>
    </>
  );
}

/** Bad lines are listed on their own: the sentence is the answer's, without the first of them. */
function failure(error: Error, lines: number): string {
  return lines > 0 ? error.message : sentence(error);
}
