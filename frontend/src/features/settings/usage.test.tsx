import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Me, Prefix } from "@/api/types";
import { MeContext } from "@/app/session";
import { Prefixes } from "./Networks";
import { UsageCard } from "./UsageCard";

vi.mock("@tanstack/react-router", async (original) => ({
  ...(await original<object>()),
  useParams: () => "a1",
}));

const AT = "2026-01-01T00:00:00Z";
const prefix = (id: number, state: Prefix["state"], note = ""): Prefix => ({
  id,
  cidr: `192.0.2.${id}/32`,
  state,
  method: "",
  note,
  decided_by: "",
  decided_on: null,
  created_on: AT,
});
const usage = {
  programs: { used: 3, allowed: 100 },
  rules: { used: 0, allowed: 0 },
  prefixes: { used: 2, allowed: 1 },
  build_minutes: { used: 12, allowed: 60 },
  capture_bytes: { used: 1 << 20, allowed: 1 << 30 },
};

beforeEach(() => {
  const rows = [prefix(1, "claimed"), prefix(2, "proven"), prefix(3, "refused", "No answer.")];
  vi.stubGlobal("fetch", async (request: Request) =>
    Response.json(
      request.url.includes("/usage") ? usage : { count: 3, next: null, previous: null, results: rows },
    ),
  );
});

function show(card: ReactNode) {
  const me = {
    user: { email: "a@b.c", is_staff: false },
    accounts: [{ id: "a1", name: "A", role: "owner" }],
  };
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <MeContext value={me as unknown as Me}>{card}</MeContext>
    </QueryClientProvider>,
  );
}

describe("usage", () => {
  it("shows what is used of what is allowed", async () => {
    show(<UsageCard />);
    expect(await screen.findByText("3 of 100")).toBeTruthy();
    expect(screen.getByText("1 MiB of 1,024 MiB")).toBeTruthy();
    expect(screen.getByText("2 of 1")).toBeTruthy();
    const bar = screen.getByRole("meter", { name: "Minutes of builds today (UTC)" });
    expect([bar.getAttribute("value"), bar.getAttribute("max")]).toEqual(["12", "60"]);
  });
});

describe("claims", () => {
  it("says what became of each and what to do next", async () => {
    show(<Prefixes />);
    expect(await screen.findByText("Waits for proof")).toBeTruthy();
    expect(screen.getByText("Proven")).toBeTruthy();
    expect(screen.getByText(/Send the operator evidence/)).toBeTruthy();
    expect(screen.getByText(/Not protected: No answer\./)).toBeTruthy();
  });
});
