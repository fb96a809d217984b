/** One program: code, replays and comparison, with saving and deploying in reach of all of them. */

import { Link, useParams } from "@tanstack/react-router";
import { useAccountId } from "@/app/session";
import { LoadError, Skeleton } from "@/ui/Feedback";
import { Icon } from "@/ui/Icon";
import { useProgram, useVersions } from "./usePrograms";
import { Workbench } from "./Workbench";

export function ProgramPage() {
  const account = useAccountId();
  const { program: id } = useParams({ from: "/accounts/$account/programs/$program" });
  const program = useProgram(account, id);
  const versions = useVersions(account, id);
  const failed = program.error ?? versions.error;
  return (
    <div className="page page-program">
      <Link to="/accounts/$account/programs" params={{ account }} className="back">
        <Icon name="back" size={16} /> Programs
      </Link>
      {program.data && versions.data ? (
        <Workbench key={id} program={program.data} versions={versions.data} />
      ) : failed ? (
        <LoadError
          error={failed}
          retry={() => {
            program.refetch();
            versions.refetch();
          }}
        />
      ) : (
        <Skeleton lines={6} height={60} />
      )}
    </div>
  );
}
