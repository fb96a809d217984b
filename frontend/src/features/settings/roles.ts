/** What the roles mean. */

import type { Role } from "@/api/types";

export const ROLES: ReadonlyArray<{ value: Role; label: string }> = [
  { value: "viewer", label: "Viewer: reads" },
  { value: "developer", label: "Developer: writes, asks to deploy" },
  { value: "approver", label: "Approver: decides too" },
  { value: "owner", label: "Owner: everything" },
];

/** The roles up to one's own: a token cannot have more. */
export function rolesUpTo(own: Role) {
  return ROLES.slice(0, ROLES.findIndex((role) => role.value === own) + 1);
}
