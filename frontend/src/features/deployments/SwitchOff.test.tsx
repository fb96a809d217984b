import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Me, Role } from "@/api/types";
import { MeContext } from "@/app/session";
import { ReviewDialog } from "./ReviewDialog";
import { SwitchOff } from "./SwitchOff";

vi.mock("@tanstack/react-router", async (original) => ({
  ...(await original<object>()),
  useParams: () => "a1",
}));

const rule = (id: string, name: string, mode: string) => ({
  id,
  program: { id: "p1", name: "guard" },
  scope: name === "global" ? "global" : "region",
  name,
  mode,
});
const off = (id: string, name: string) => ({
  ...rule(id, name, ""),
  mode_before: "monitoring",
  deployment: "d",
});
const pending = {
  id: "d1",
  state: "pending",
  change: "update",
  program: { id: "p1", name: "guard" },
  version: { id: "v2", number: 2 },
  scope: "global",
  name: "global",
  mode: "enabled",
  requested_by: "dev@x.example",
  created_on: "2026-01-01T00:00:00Z",
  switched_off: { at: "2026-01-01T00:01:00Z", by: "op@x.example", reason: "too strict" },
  changed: [],
  replays: [],
  may_decide: true,
};

let rules: unknown[];
let answers: Record<string, { status: number; body: unknown }[]>;
let sent: Array<[string, unknown]>;

beforeEach(() => {
  rules = [rule("r1", "global", "enabled"), rule("r2", "eu", "monitoring"), rule("r3", "us", "disabled")];
  sent = [];
  answers = {};
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname.replace("/api/v1/accounts/a1/", "");
    if (request.method === "GET") {
      if (path === "deployments/d1") return Response.json(pending);
      return Response.json({ count: rules.length, next: null, previous: null, results: rules });
    }
    sent.push([path, await request.json()]);
    const answer = answers[path]?.shift() ?? { status: 500, body: {} };
    return Response.json(answer.body, { status: answer.status });
  });
});

function show(node = <SwitchOff />, role: Role = "developer", is_staff = false) {
  const me = { user: { email: "a@b.c", is_staff }, accounts: [{ id: "a1", name: "A", role }] };
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <MeContext value={me as unknown as Me}>{node}</MeContext>
    </QueryClientProvider>,
  );
}

describe("switch off", () => {
  it("says what will happen, and does nothing before it is confirmed", async () => {
    show();
    await userEvent.click(screen.getByTestId("switch-off"));
    await screen.findByText("guard on region eu");
    screen.getByText("guard on global");
    expect(screen.queryByText("guard on region us")).toBeNull();
    screen.getByText(/traffic passes unfiltered/);
    await userEvent.click(screen.getByText("Cancel"));
    expect(document.activeElement).toBe(screen.getByTestId("switch-off"));
    expect(sent).toEqual([]);
  });

  it("switches off with the keyboard, and then offers to ask for switching on again", async () => {
    answers = {
      "emergency-off": [{ status: 200, body: { rules: [off("r1", "global"), off("r2", "eu")] } }],
      deployments: [
        { status: 409, body: { detail: "Another deployment waits.", code: "deployment.pending" } },
        { status: 201, body: { id: "d2", state: "pending" } },
        { status: 201, body: { id: "d3", state: "pending" } },
      ],
    };
    show();
    await userEvent.tab();
    expect(document.activeElement).toBe(screen.getByTestId("switch-off"));
    await userEvent.keyboard("{Enter}");
    await userEvent.type(screen.getByRole("textbox"), "players are dropped");
    await userEvent.tab();
    await userEvent.tab();
    await userEvent.keyboard("{Enter}");
    await screen.findByText("2 rules are off");
    expect(sent).toEqual([["emergency-off", { reason: "players are dropped" }]]);
    await userEvent.click(screen.getByTestId("switch-on-again"));
    await screen.findByText("Another deployment waits.");
    await userEvent.click(screen.getByTestId("switch-on-again"));
    await waitFor(() => expect(screen.queryByText("2 rules are off")).toBeNull());
    const asked = (id: string) => ({
      change: "update",
      rule: id,
      mode: "monitoring",
      note: "Switch on again",
    });
    expect(sent.slice(1)).toEqual([
      ["deployments", asked("r1")],
      ["deployments", asked("r2")],
      ["deployments", asked("r1")],
    ]);
  });

  it("shows a refusal where it was pressed", async () => {
    answers = { "emergency-off": [{ status: 403, body: { detail: "Not yours.", code: "role" } }] };
    show();
    await userEvent.click(screen.getByTestId("switch-off"));
    await userEvent.click(screen.getByTestId("confirm"));
    await screen.findByText("Not yours.");
    expect(screen.queryByTestId("switch-on-again")).toBeNull();
  });

  it("can be pressed while nothing seems to be on", async () => {
    rules = [];
    answers = { "emergency-off": [{ status: 200, body: { rules: [] } }] };
    show();
    await userEvent.click(screen.getByTestId("switch-off"));
    await screen.findByText(/no rule is on/);
    await userEvent.click(screen.getByTestId("confirm"));
    await waitFor(() => expect(screen.queryByTestId("confirm")).toBeNull());
    expect(sent).toHaveLength(1);
  });

  it("is for developers and operators", async () => {
    show(<SwitchOff />, "viewer");
    expect(screen.queryByTestId("switch-off")).toBeNull();
  });

  it("offers an operator without a role no request that would be refused", async () => {
    answers = { "emergency-off": [{ status: 200, body: { rules: [off("r1", "global")] } }] };
    show(<SwitchOff />, "viewer", true);
    await userEvent.click(screen.getByTestId("switch-off"));
    await userEvent.click(screen.getByTestId("confirm"));
    await screen.findByText("1 rule is off");
    expect(screen.queryByTestId("switch-on-again")).toBeNull();
  });
});

describe("approving what was switched off since", () => {
  it("shows who and why, and asks once more", async () => {
    answers = { "deployments/d1/approve": [{ status: 200, body: { ...pending, state: "live" } }] };
    show(<ReviewDialog account="a1" id="d1" onClose={vi.fn()} />);
    expect((await screen.findByTestId("switched-off")).textContent).toMatch(/op@x\.example.*too strict/);
    await userEvent.click(screen.getByTestId("deployment-approve"));
    expect(sent).toEqual([]);
    await userEvent.click(screen.getByTestId("confirm"));
    await waitFor(() => expect(sent).toEqual([["deployments/d1/approve", { switch_on: true }]]));
  });
});
