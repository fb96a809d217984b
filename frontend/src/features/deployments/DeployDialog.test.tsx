import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Rule, Version } from "@/api/types";
import { approvalSentence, DeployDialog, requestFor } from "./DeployDialog";
import { withDeployment } from "./DeploymentsPage";
import { around } from "./ExpressionField";
import { aboutChange, isMilder } from "./Rules";
import { place } from "./words";

const navigate = vi.fn();
vi.mock("@tanstack/react-router", async (original) => ({
  ...(await original<object>()),
  useNavigate: () => navigate,
  useParams: () => "a1",
}));

const version = { id: "v2", number: 2, build: { state: "ready" } } as unknown as Version;
const rule = {
  id: "r1",
  program: { id: "p1", name: "guard" },
  version: { id: "v1", number: 1 },
  scope: "global",
  name: "global",
  mode: "enabled",
  expression: "udp.dstport eq 7777",
} as Rule;
const list = (results: unknown[]) => ({ count: results.length, next: null, previous: null, results });

let posted: unknown[];
let rules: Rule[];
let refusal: { status: number; body: unknown } | null;

beforeEach(() => {
  posted = [];
  rules = [];
  refusal = null;
  navigate.mockClear();
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname;
    if (request.method === "POST") {
      posted.push(await request.json());
      if (refusal) return Response.json(refusal.body, { status: refusal.status });
      return Response.json({ id: "d1", state: "pending" }, { status: 201 });
    }
    if (path.endsWith("/rules")) return Response.json(list(rules));
    if (path.endsWith("/nodes")) return Response.json(list([{ id: "n", region: "eu", datacenter: "ams1" }]));
    return Response.json({ id: "a1", approvers: "operator", waives_approval: false });
  });
});

function show(onClose = vi.fn()) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <DeployDialog version={version} program={{ id: "p1", name: "guard" }} onClose={onClose} />
    </QueryClientProvider>,
  );
  return onClose;
}
const submit = async () => {
  const button = screen.getByTestId("deploy-submit");
  await waitFor(() => expect((button as HTMLButtonElement).disabled).toBe(false));
  await userEvent.click(button);
};

describe("the deploy dialog", () => {
  it("asks for a new rule, in monitoring mode unless told otherwise", async () => {
    const onClose = show();
    await screen.findByText(/An operator must approve/);
    await submit();
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    expect(posted).toEqual([
      {
        change: "create",
        version: "v2",
        scope: "global",
        name: "global",
        mode: "monitoring",
        expression: "",
        note: "",
      },
    ]);
    expect(navigate).toHaveBeenCalledWith({
      to: "/accounts/$account/deployments",
      params: { account: "a1" },
    });
  });

  it("changes the rule that is there, with its mode and expression", async () => {
    rules = [rule];
    show();
    await screen.findByText(/This replaces guard v1 \(enabled\) on global/);
    await userEvent.type(screen.getByTestId("deploy-expression"), " and ip.src ne 10.0.0.1");
    await submit();
    await waitFor(() => expect(posted).toHaveLength(1));
    expect(posted[0]).toMatchObject({
      change: "update",
      rule: "r1",
      mode: "enabled",
      expression: "udp.dstport eq 7777 and ip.src ne 10.0.0.1",
    });
  });

  it("shows where the server found the expression wrong", async () => {
    const detail = "`x` is not known";
    refusal = { status: 400, body: { detail, code: "expression.field", position: 4 } };
    const onClose = show();
    await userEvent.type(screen.getByTestId("deploy-expression"), "not x eq 1");
    await submit();
    expect(await screen.findByText(detail)).toBeTruthy();
    expect(screen.getByTestId("expression-position").querySelector("mark")?.textContent).toBe("x");
    expect(onClose).not.toHaveBeenCalled();
  });

  it("shows any other refusal as a sentence", async () => {
    refusal = {
      status: 409,
      body: { detail: "Another deployment of this rule waits.", code: "deployment.pending" },
    };
    show();
    await submit();
    expect((await screen.findByRole("alert", { hidden: true })).textContent).toContain(
      "Another deployment of this rule waits.",
    );
  });
});

describe("requestFor", () => {
  const asked = {
    version: "v2",
    scope: "region",
    name: " eu ",
    mode: "enabled",
    expression: " ",
    note: "",
  } as const;
  it("takes a rule of another place for none", () => {
    expect(requestFor(asked, [rule])).toMatchObject({ change: "create", name: "eu", expression: "" });
    expect(requestFor(asked, [{ ...rule, scope: "region", name: "eu" }])).toMatchObject({
      change: "update",
      rule: "r1",
    });
  });
});

describe("words", () => {
  it("find the place of an error", () => {
    expect(around("not x", 4)).toEqual({ before: "not ", at: "x", after: "" });
    expect(around("not", 3)).toEqual({ before: "not", at: " ", after: "" });
  });
  it("say who approves", () => {
    expect(approvalSentence({ approvers: "account", waives_approval: false })).toMatch(
      /^An approver of the account/,
    );
    expect(approvalSentence({ approvers: "operator", waives_approval: true })).toMatch(/at once/);
    expect(approvalSentence(undefined)).toMatch(/^An operator/);
  });
  it("say what needs approval", () => {
    expect(isMilder("enabled", "monitoring")).toBe(true);
    expect(isMilder("disabled", "monitoring")).toBe(false);
    expect(aboutChange({ rule, to: "disabled" })).toMatch(/needs no approval/);
    expect(aboutChange({ rule: { ...rule, mode: "monitoring" }, to: "enabled" })).toMatch(
      /has to be approved/,
    );
  });
  it("name places", () => {
    expect([place("global", "global"), place("region", "eu"), place(null, null)]).toEqual([
      "global",
      "region eu",
      "global",
    ]);
  });
});

describe("withDeployment", () => {
  it("changes the one that is known and puts a new one in front", () => {
    const [a, b] = [
      { id: "a", state: "pending" },
      { id: "b", state: "live" },
    ] as never[];
    expect(withDeployment([a as never], b as never)).toEqual([b, a]);
    expect(withDeployment([a as never], { id: "a", state: "live" } as never)).toEqual([
      { id: "a", state: "live" },
    ]);
  });
});
