/** Unsaved text, kept in this browser for each program. */

export interface Draft {
  source: string;
  /** The version that the text was written on; 0 for none. */
  base: number;
  /** Unix milliseconds. */
  at: number;
}

const key = (program: string): string => `flowprotect.draft.${program}`;

export function readDraft(program: string, storage: Storage = localStorage): Draft | null {
  try {
    const found = JSON.parse(storage.getItem(key(program)) ?? "null");
    const good = found && typeof found.source === "string" && typeof found.base === "number";
    return good ? { source: found.source, base: found.base, at: Number(found.at) || 0 } : null;
  } catch {
    return null;
  }
}

/** Keeps the text; false where the browser has no room or no storage. */
export function keepDraft(program: string, draft: Draft, storage: Storage = localStorage): boolean {
  try {
    storage.setItem(key(program), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(program: string, storage: Storage = localStorage): void {
  try {
    storage.removeItem(key(program));
  } catch {
    // No storage, no draft.
  }
}
