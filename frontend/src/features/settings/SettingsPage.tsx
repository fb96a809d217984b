/** What is protected, who may do what, and who did what. */

import { useState } from "react";
import { useRole } from "@/app/session";
import { useTitle } from "@/app/useTitle";
import { Note } from "@/ui/Feedback";
import { Tabs } from "@/ui/Tabs";
import { ApprovalCard } from "./ApprovalCard";
import { AuditLog } from "./AuditLog";
import { FallbackCard } from "./FallbackCard";
import { Lists } from "./Lists";
import { Members } from "./Members";
import { Allowlist, Prefixes } from "./Networks";
import { NodesCard } from "./NodesCard";
import { PortableCard } from "./PortableCard";
import { Tokens } from "./Tokens";
import { UsageCard } from "./UsageCard";

type Tab = "protection" | "lists" | "tokens" | "members" | "audit";

export function SettingsPage() {
  useTitle("Settings");
  const { role } = useRole();
  const [tab, setTab] = useState<Tab>("protection");
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Settings</h1>
          <p>Your role in this account is {role}.</p>
        </div>
      </header>
      {role !== "owner" && (
        <Note>Some of these settings can be changed by owners only. You can read them here.</Note>
      )}
      <Tabs
        label="Settings"
        value={tab}
        onChange={setTab}
        tabs={[
          { id: "protection", label: "Protection" },
          { id: "lists", label: "Lists" },
          { id: "tokens", label: "API tokens" },
          { id: "members", label: "Members" },
          { id: "audit", label: "Audit log" },
        ]}
      >
        <div className="page">
          {tab === "protection" && (
            <>
              <Prefixes />
              <Allowlist />
              <ApprovalCard />
              <FallbackCard />
              <PortableCard />
              <UsageCard />
              <NodesCard />
            </>
          )}
          {tab === "lists" && <Lists />}
          {tab === "tokens" && <Tokens />}
          {tab === "members" && <Members />}
          {tab === "audit" && <AuditLog />}
        </div>
      </Tabs>
    </div>
  );
}
