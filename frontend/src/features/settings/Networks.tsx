import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  addAllowlist,
  addPrefix,
  listAllowlist,
  listPrefixes,
  removeAllowlist,
  removePrefix,
} from "@/api/accounts";
import { sentence } from "@/api/errors";
import type { AllowlistEntry, Prefix } from "@/api/types";
import { useAccountId, useRole } from "@/app/session";
import { Ago } from "@/ui/Ago";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { TextField } from "@/ui/Field";
import { Icon } from "@/ui/Icon";
import { toast } from "@/ui/toast";
import { ListCard } from "./ListCard";

/** The networks that are protected. Operators set them. */
export function Prefixes() {
  const account = useAccountId();
  const { has, isOperator } = useRole();
  const canWrite = has("owner") || isOperator;
  const queries = useQueryClient();
  const key = ["prefixes", account];
  const [cidr, setCidr] = useState("");
  const [removing, setRemoving] = useState<Prefix | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: key });
  const query = useQuery({ queryKey: key, queryFn: () => listPrefixes(account) });
  const add = useMutation({
    mutationFn: () => addPrefix(account, cidr.trim()),
    onSuccess: (made) => {
      setCidr("");
      refresh();
      queries.invalidateQueries({ queryKey: ["usage", account] });
      toast(made.state === "proven" ? `${made.cidr} is protected` : `${made.cidr} waits for its proof`);
    },
  });
  return (
    <>
      <ListCard
        title="Prefixes"
        about="The networks of this account. Nodes look at traffic to those that are proven to be yours."
        query={query}
        columns={["Network", "State", "Since", ""]}
        empty={{
          title: "No prefix yet",
          text: "Nothing is protected until a network of yours is added here, and proven.",
        }}
        form={
          canWrite && (
            <form
              className="inline-form"
              onSubmit={(event) => {
                event.preventDefault();
                add.mutate();
              }}
            >
              <TextField
                label="Network to protect"
                placeholder="203.0.113.0/24"
                value={cidr}
                onChange={setCidr}
                required
                error={add.isError ? sentence(add.error) : undefined}
                testId="prefix-cidr"
              />
              <Button type="submit" busy={add.isPending} icon={<Icon name="plus" />}>
                Add
              </Button>
            </form>
          )
        }
        row={(prefix) => (
          <tr key={prefix.id}>
            <td className="mono">{prefix.cidr}</td>
            <td className="claim-next">
              <ClaimState prefix={prefix} />
            </td>
            <td className="faint">
              <Ago at={prefix.created_on} />
            </td>
            <td className="right">
              {canWrite && (
                <Button
                  size="small"
                  kind="quiet"
                  onClick={() => setRemoving(prefix)}
                  aria-label={`Remove ${prefix.cidr}`}
                >
                  Remove
                </Button>
              )}
            </td>
          </tr>
        )}
      />
      <Confirm
        open={removing !== null}
        title={
          removing?.state === "proven"
            ? `Stop protecting ${removing.cidr}?`
            : `Take back the claim to ${removing?.cidr}?`
        }
        action="Remove prefix"
        danger
        onClose={() => setRemoving(null)}
        onConfirm={async () => {
          if (removing) await removePrefix(account, removing.id);
          refresh();
        }}
      >
        <p>
          {removing?.state === "proven"
            ? "Traffic to this network is no longer looked at by any rule, at once and on every node."
            : "The claim is taken back. Nodes do not protect this network."}
        </p>
      </Confirm>
    </>
  );
}

/** What became of the claim, and what its owner does next. */
export function ClaimState({ prefix }: { prefix: Prefix }) {
  if (prefix.state === "proven")
    return (
      <Badge tone="good" state="proven">
        Proven
      </Badge>
    );
  const refused = prefix.state === "refused";
  return (
    <>
      <Badge tone={refused ? "bad" : "warn"} state={prefix.state}>
        {refused ? "Refused" : "Waits for proof"}
      </Badge>
      <div className="faint small break">
        {refused
          ? `Not protected: ${prefix.note} If the network is yours, remove this and claim it again with other evidence.`
          : "Not protected yet. Send the operator evidence that it is yours: its entry at the address registry, or a letter of authorization from its holder."}
      </div>
    </>
  );
}

/** The sources that are never dropped. */
export function Allowlist() {
  const account = useAccountId();
  const { has, isOperator } = useRole();
  const canWrite = has("owner") || isOperator;
  const queries = useQueryClient();
  const key = ["allowlist", account];
  const [cidr, setCidr] = useState("");
  const [note, setNote] = useState("");
  const [removing, setRemoving] = useState<AllowlistEntry | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: key });
  const query = useQuery({ queryKey: key, queryFn: () => listAllowlist(account) });
  const add = useMutation({
    mutationFn: () => addAllowlist(account, cidr.trim(), note.trim()),
    onSuccess: (made) => {
      setCidr("");
      setNote("");
      refresh();
      toast(`${made.cidr} always passes`);
    },
  });
  return (
    <>
      <ListCard
        title="Allowlist"
        about="Sources whose packets always pass, whatever a program says."
        query={query}
        columns={["Source", "Note", "Since", ""]}
        empty={{
          title: "No source is on the allowlist",
          text: "Every source is given to your programs.",
        }}
        form={
          canWrite && (
            <form
              className="inline-form"
              onSubmit={(event) => {
                event.preventDefault();
                add.mutate();
              }}
            >
              <TextField
                label="Source"
                placeholder="198.51.100.7"
                value={cidr}
                onChange={setCidr}
                required
                error={add.isError ? sentence(add.error) : undefined}
                testId="allowlist-cidr"
              />
              <TextField label="Note" placeholder="Office" value={note} onChange={setNote} maxLength={200} />
              <Button type="submit" busy={add.isPending} icon={<Icon name="plus" />}>
                Add
              </Button>
            </form>
          )
        }
        row={(entry) => (
          <tr key={entry.id}>
            <td className="mono">{entry.cidr}</td>
            <td className="break">{entry.note}</td>
            <td className="faint nowrap">
              <Ago at={entry.created_on} />
            </td>
            <td className="right">
              {canWrite && (
                <Button
                  size="small"
                  kind="quiet"
                  onClick={() => setRemoving(entry)}
                  aria-label={`Remove ${entry.cidr}`}
                >
                  Remove
                </Button>
              )}
            </td>
          </tr>
        )}
      />
      <Confirm
        open={removing !== null}
        title={`Remove ${removing?.cidr} from the allowlist?`}
        action="Remove source"
        danger
        onClose={() => setRemoving(null)}
        onConfirm={async () => {
          if (removing) await removeAllowlist(account, removing.id);
          refresh();
        }}
      >
        <p>Its packets are given to your programs again, and may be dropped.</p>
      </Confirm>
    </>
  );
}
