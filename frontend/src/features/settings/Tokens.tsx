import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { issueToken, listTokens, revokeToken } from "@/api/accounts";
import { sentence } from "@/api/errors";
import type { IssuedToken, Role, Token } from "@/api/types";
import { useAccountId, useRole } from "@/app/session";
import { Ago } from "@/ui/Ago";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { Dialog } from "@/ui/Dialog";
import { Empty, Note } from "@/ui/Feedback";
import { Select, TextField } from "@/ui/Field";
import { Icon } from "@/ui/Icon";
import { toast } from "@/ui/toast";
import { ListCard } from "./ListCard";
import { rolesUpTo } from "./roles";

export function Tokens() {
  const account = useAccountId();
  const { role, has } = useRole();
  const canWrite = has("developer");
  const queries = useQueryClient();
  const key = ["tokens", account];
  const [name, setName] = useState("");
  const [asked, setAsked] = useState<Role>("developer");
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: key });
  const query = useQuery({ queryKey: key, queryFn: () => listTokens(account), enabled: canWrite });
  const issue = useMutation({
    mutationFn: () => issueToken(account, name.trim(), asked),
    onSuccess: (made) => {
      setName("");
      setIssued(made);
      refresh();
    },
  });
  if (!canWrite) {
    return (
      <div className="card">
        <Empty icon="key" title="Tokens are for developers">
          Your role in this account is {role}. An owner can change that.
        </Empty>
      </div>
    );
  }
  return (
    <>
      <ListCard
        title="API tokens"
        about="Secrets for programs that use the API. Each acts for whoever made it."
        query={query}
        columns={["Name", "Begins with", "Role", "Made by", "Last used", ""]}
        empty={{
          title: "No token",
          text: "Make one to deploy from a script or from continuous integration.",
        }}
        form={
          <form
            className="inline-form"
            onSubmit={(event) => {
              event.preventDefault();
              issue.mutate();
            }}
          >
            <TextField
              label="Name"
              placeholder="CI"
              value={name}
              onChange={setName}
              required
              maxLength={120}
              error={issue.isError ? sentence(issue.error) : undefined}
              testId="token-name"
            />
            <Select label="Role" value={asked} onChange={setAsked} options={rolesUpTo(role)} />
            <Button
              type="submit"
              busy={issue.isPending}
              icon={<Icon name="plus" />}
              data-testid="token-create"
            >
              Make token
            </Button>
          </form>
        }
        row={(token) => (
          <tr key={token.id}>
            <td className="break">{token.name}</td>
            <td className="mono">{token.prefix}…</td>
            <td>
              <Badge>{token.role}</Badge>
            </td>
            <td className="faint break">{token.created_by ?? "this installation"}</td>
            <td className="faint nowrap">{token.last_used_on ? <Ago at={token.last_used_on} /> : "never"}</td>
            <td className="right">
              <Button
                size="small"
                kind="quiet"
                onClick={() => setRevoking(token)}
                aria-label={`Revoke ${token.name}`}
              >
                Revoke
              </Button>
            </td>
          </tr>
        )}
      />
      {issued && <Secret token={issued} onClose={() => setIssued(null)} />}
      <Confirm
        open={revoking !== null}
        title={`Revoke ${revoking?.name}?`}
        action="Revoke token"
        danger
        onClose={() => setRevoking(null)}
        onConfirm={async () => {
          if (revoking) await revokeToken(account, revoking.id);
          refresh();
        }}
      >
        <p>Programs that use it are refused from now on. This cannot be undone.</p>
      </Confirm>
    </>
  );
}

/** The secret, this once. */
function Secret({ token, onClose }: { token: IssuedToken; onClose: () => void }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(token.secret);
      toast("Copied");
    } catch {
      toast("This browser did not let us copy; select the text instead", "bad");
    }
  };
  return (
    <Dialog title={`Token ${token.name}`} open onClose={onClose}>
      <div className="dialog-content">
        <Note tone="warn">Copy it now: only a fingerprint is kept, and it cannot be shown again.</Note>
        <div className="secret">
          <code className="break" data-testid="token-secret">
            {token.secret}
          </code>
          <Button size="small" icon={<Icon name="copy" size={16} />} onClick={copy}>
            Copy
          </Button>
        </div>
      </div>
      <footer className="dialog-foot">
        <Button kind="primary" onClick={onClose}>
          I have copied it
        </Button>
      </footer>
    </Dialog>
  );
}
