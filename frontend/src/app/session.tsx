/** Who is logged in, and which account the page shows. */

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { createContext, useContext } from "react";
import { getMe } from "@/api/accounts";
import type { Me, Role } from "@/api/types";

export const ME = ["me"] as const;
const RANK: Record<Role, number> = { viewer: 0, developer: 1, approver: 2, owner: 3 };
const REMEMBERED = "flowprotect.account";

export const useMe = () => useQuery({ queryKey: ME, queryFn: getMe, staleTime: 60_000, retry: false });

export const MeContext = createContext<Me | null>(null);

/** The logged-in person; only below the layout, which waits for it. */
export function useSession(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("useSession outside the layout");
  return me;
}

/** The account of the address. */
export function useAccountId(): string {
  return useParams({ strict: false, select: (params) => (params as { account?: string }).account ?? "" });
}

/** Your role in the account that is shown, and whether it reaches `needed`. */
export function useRole(): { role: Role; has: (needed: Role) => boolean; isOperator: boolean } {
  const me = useSession();
  const id = useAccountId();
  const role = me.accounts.find((account) => account.id === id)?.role ?? "viewer";
  return { role, has: (needed) => RANK[role] >= RANK[needed], isOperator: me.user.is_staff };
}

/** The account to open first: the one that was looked at last, if it is still visible. */
export function firstAccount(me: Me): string | undefined {
  const remembered = localStorage.getItem(REMEMBERED);
  return (me.accounts.find((account) => account.id === remembered) ?? me.accounts[0])?.id;
}

export function rememberAccount(id: string): void {
  localStorage.setItem(REMEMBERED, id);
}
