import { useQuery, useQueryClient } from "@tanstack/react-query";
import { listNodes } from "@/api/telemetry";
import { useAccountId } from "@/app/session";
import { useLiveEvent } from "@/live/hooks";
import { Badge, type Tone } from "@/ui/Badge";
import { ListCard } from "./ListCard";

const TONE: Record<string, Tone> = { online: "good", offline: "bad", enrolled: "warn" };

/** The machines that protect the account. */
export function NodesCard() {
  const account = useAccountId();
  const queries = useQueryClient();
  const key = ["nodes", account];
  const query = useQuery({ queryKey: key, queryFn: () => listNodes(account) });
  useLiveEvent("node", () => queries.invalidateQueries({ queryKey: key }));
  return (
    <ListCard
      title="Nodes"
      about="The machines that carry out the rules."
      query={query}
      columns={["Node", "Datacenter", "Region", "State", "Configuration"]}
      empty={{
        title: "No node",
        text: "An operator enrols nodes; until then nothing is enforced.",
      }}
      row={(node) => (
        <tr key={node.id}>
          <td className="mono">{node.hostname}</td>
          <td>{node.datacenter}</td>
          <td>{node.region}</td>
          <td>
            <Badge tone={TONE[node.state] ?? "neutral"} dot>
              {node.state}
            </Badge>
          </td>
          <td className="number">
            {node.error ? (
              <span className="field-error">{node.error.message}</span>
            ) : node.serial ? (
              `#${node.serial}`
            ) : (
              "none yet"
            )}
          </td>
        </tr>
      )}
    />
  );
}
