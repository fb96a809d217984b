import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { listRules } from "@/api/deployments";
import { listPrograms } from "@/api/programs";
import type { Program, Rule } from "@/api/types";
import { useAccountId, useRole } from "@/app/session";
import { useTitle } from "@/app/useTitle";
import { useLiveEvent, useLiveOpen } from "@/live/hooks";
import { Ago } from "@/ui/Ago";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { Empty, LoadError, Skeleton } from "@/ui/Feedback";
import { count } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { NewProgram } from "./NewProgram";
import { BUILD } from "./states";

export function ProgramsPage() {
  useTitle("Programs");
  const account = useAccountId();
  const { has } = useRole();
  const queries = useQueryClient();
  const [creating, setCreating] = useState(false);
  const programs = useQuery({ queryKey: ["programs", account], queryFn: () => listPrograms(account) });
  const rules = useQuery({ queryKey: ["rules", account], queryFn: () => listRules(account) });
  const refresh = () => queries.invalidateQueries({ queryKey: ["programs", account] });
  useLiveEvent("build", refresh);
  useLiveEvent("deployment", () => queries.invalidateQueries({ queryKey: ["rules", account] }));
  useLiveOpen(refresh);
  const canWrite = has("developer");
  const create = (
    <Button
      kind="primary"
      icon={<Icon name="plus" />}
      disabled={!canWrite}
      title={canWrite ? undefined : "Your role in this account is viewer."}
      onClick={() => setCreating(true)}
      data-testid="new-program"
    >
      New program
    </Button>
  );
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Programs</h1>
          <p>Packet filters in C. Every save is compiled, proven safe and replayed.</p>
        </div>
        {create}
      </header>
      <section className="card" aria-label="Programs">
        {programs.isPending && <Skeleton />}
        {programs.isError && <LoadError error={programs.error} retry={() => programs.refetch()} />}
        {programs.data?.length === 0 && (
          <Empty icon="code" title="Write your first program" action={create}>
            Begin with a template, change it in the editor, and see on recorded packets what it would drop.
            Nothing touches live traffic until a deployment is approved.
          </Empty>
        )}
        {programs.data && programs.data.length > 0 && (
          <List programs={programs.data} rules={rules.data ?? []} account={account} />
        )}
      </section>
      <NewProgram open={creating} onClose={() => setCreating(false)} />
    </div>
  );
}

function List({ programs, rules, account }: { programs: Program[]; rules: Rule[]; account: string }) {
  return (
    <ul className="rows">
      {programs.map((program) => {
        const live = rules.filter((rule) => rule.program.id === program.id);
        const { latest } = program;
        const state = latest && BUILD[latest.build.state];
        return (
          <li key={program.id}>
            <Link
              to="/accounts/$account/programs/$program"
              params={{ account, program: program.id }}
              className="row-link"
              data-testid="program-link"
            >
              <span className="row-icon">
                <Icon name="code" />
              </span>
              <span className="row-main">
                <strong>{program.name}</strong>
                <span className="faint">
                  {latest ? (
                    <>
                      v{latest.number} by {latest.created_by}, <Ago at={latest.created_on} />
                    </>
                  ) : (
                    "No version yet"
                  )}
                </span>
              </span>
              <span className="row-facts">
                {latest?.build.instructions != null && (
                  <span className="faint number wide-only">
                    {count(latest.build.instructions)} instructions
                  </span>
                )}
                {live.map((rule) => (
                  <Badge key={rule.id} tone={rule.mode === "enabled" ? "accent" : "neutral"}>
                    {rule.mode === "enabled"
                      ? "Live"
                      : rule.mode === "monitoring"
                        ? "Monitoring"
                        : "Disabled"}{" "}
                    v{rule.version.number}
                  </Badge>
                ))}
                {state && (
                  <Badge tone={state.tone} dot pulse={state.running}>
                    {state.label}
                  </Badge>
                )}
                <Icon name="chevron" />
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
