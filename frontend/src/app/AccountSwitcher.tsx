import { useNavigate } from "@tanstack/react-router";
import { useAccountId, useSession } from "./session";

/** The account's name, or a choice where you see more than one. */
export function AccountSwitcher() {
  const { accounts } = useSession();
  const id = useAccountId();
  const navigate = useNavigate();
  const [only] = accounts;
  if (accounts.length <= 1) return <div className="account-name">{only?.name}</div>;
  return (
    <label className="account-switch">
      <span className="visually-hidden">Account</span>
      <select
        value={id}
        onChange={(event) =>
          navigate({ to: "/accounts/$account/programs", params: { account: event.target.value } })
        }
      >
        {accounts.map((account) => (
          <option key={account.id} value={account.id}>
            {account.name}
          </option>
        ))}
      </select>
    </label>
  );
}
