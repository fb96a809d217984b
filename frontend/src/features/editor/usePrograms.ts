/** A program and its versions, kept fresh by build events, and by asking again where no event comes. */

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { getProgram, listVersions } from "@/api/programs";
import type { BuildEvent, Version } from "@/api/types";
import { useLiveEvent, useLiveOpen, useLiveState } from "@/live/hooks";
import { BUILD } from "../programs/states";

const POLL_LIVE = 4000;
const POLL_ALONE = 1500;

export const versionsKey = (account: string, program: string) => ["versions", account, program] as const;

/** The versions with what a build event says; the same list if it is about none of them. */
export function withBuild(versions: Version[], event: BuildEvent): Version[] {
  if (!versions.some((version) => version.id === event.version)) return versions;
  const { version: _version, program: _program, ...said } = event;
  return versions.map((version) => {
    // An event that was overtaken by an answer must not take a finished build back.
    if (version.id !== event.version || (!BUILD[version.build.state].running && BUILD[event.state].running))
      return version;
    return { ...version, build: { ...version.build, ...said } };
  });
}

/** Puts a version that was just saved in front. */
export function putVersion(queries: QueryClient, account: string, program: string, version: Version): void {
  queries.setQueryData<Version[]>(versionsKey(account, program), (old = []) => [
    version,
    ...old.filter((known) => known.id !== version.id),
  ]);
}

export const useProgram = (account: string, program: string) =>
  useQuery({ queryKey: ["program", account, program], queryFn: () => getProgram(account, program) });

export function useVersions(account: string, program: string) {
  const queries = useQueryClient();
  const key = versionsKey(account, program);
  const connected = useLiveState().name === "live";
  const again = () => queries.invalidateQueries({ queryKey: key });
  useLiveEvent("build", (event) => {
    if (event.program !== program) return;
    const known = queries.getQueryData<Version[]>(key);
    if (known?.some((version) => version.id === event.version)) {
      queries.setQueryData<Version[]>(key, (old) => old && withBuild(old, event));
    } else {
      again();
    }
  });
  useLiveOpen(again);
  return useQuery({
    queryKey: key,
    queryFn: () => listVersions(account, program),
    refetchInterval: (query) => {
      const running = query.state.data?.some((version) => BUILD[version.build.state].running);
      return running ? (connected ? POLL_LIVE : POLL_ALONE) : false;
    },
  });
}
