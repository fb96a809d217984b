import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { addMember, changeMember, listMembers, removeMember } from "@/api/accounts";
import { sentence } from "@/api/errors";
import type { Member, Role } from "@/api/types";
import { useAccountId, useRole } from "@/app/session";
import { Ago } from "@/ui/Ago";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { Select, TextField } from "@/ui/Field";
import { Icon } from "@/ui/Icon";
import { toast } from "@/ui/toast";
import { ListCard } from "./ListCard";
import { ROLES } from "./roles";

export function Members() {
  const account = useAccountId();
  const { has, isOperator } = useRole();
  const canWrite = has("owner") || isOperator;
  const queries = useQueryClient();
  const key = ["members", account];
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("developer");
  const [removing, setRemoving] = useState<Member | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: key });
  const query = useQuery({ queryKey: key, queryFn: () => listMembers(account) });
  const add = useMutation({
    mutationFn: () => addMember(account, email.trim(), role),
    onSuccess: (made) => {
      setEmail("");
      refresh();
      toast(`${made.email} is a member`);
    },
  });
  const change = useMutation({
    mutationFn: ({ id, to }: { id: number; to: Role }) => changeMember(account, id, to),
    onSuccess: (made) => toast(`${made.email} is ${made.role} now`),
    onError: (error) => toast(sentence(error), "bad"),
    onSettled: refresh,
  });
  return (
    <>
      <ListCard
        title="Members"
        about="People of this installation who see the account."
        query={query}
        columns={["Person", "Role", "Since", ""]}
        empty={{
          title: "No members",
          text: "Add the people who write and approve programs.",
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
                label="Email"
                type="email"
                value={email}
                onChange={setEmail}
                required
                error={add.isError ? sentence(add.error) : undefined}
              />
              <Select label="Role" value={role} onChange={setRole} options={ROLES} />
              <Button type="submit" busy={add.isPending} icon={<Icon name="plus" />}>
                Add
              </Button>
            </form>
          )
        }
        row={(member) => (
          <tr key={member.id}>
            <td className="break">
              {member.name || member.email}
              {member.name && <div className="faint small">{member.email}</div>}
            </td>
            <td>
              {canWrite ? (
                <select
                  className="input input-small"
                  aria-label={`Role of ${member.email}`}
                  value={member.role}
                  disabled={change.isPending}
                  onChange={(event) => change.mutate({ id: member.id, to: event.target.value as Role })}
                >
                  {ROLES.map((item) => (
                    <option key={item.value} value={item.value}>
                      {item.value}
                    </option>
                  ))}
                </select>
              ) : (
                <Badge>{member.role}</Badge>
              )}
            </td>
            <td className="faint nowrap">
              <Ago at={member.created_on} />
            </td>
            <td className="right">
              {canWrite && (
                <Button
                  size="small"
                  kind="quiet"
                  onClick={() => setRemoving(member)}
                  aria-label={`Remove ${member.email}`}
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
        title={`Remove ${removing?.email}?`}
        action="Remove member"
        danger
        onClose={() => setRemoving(null)}
        onConfirm={async () => {
          if (removing) await removeMember(account, removing.id);
          refresh();
        }}
      >
        <p>They no longer see this account, and the API tokens that they made for it end.</p>
      </Confirm>
    </>
  );
}
