import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { IPList, Me, Role } from "@/api/types";
import { MeContext } from "@/app/session";
import { Lists } from "./Lists";
import { nextMatch, rangeOf } from "./lines";

vi.mock("@tanstack/react-router", async (original) => ({
  ...(await original<object>()),
  useParams: () => "a1",
}));

const AT = "2026-01-01T00:00:00Z";
const bots: IPList = { id: 3, name: "bots", note: "seen", size: 2, created_on: AT, modified_on: AT };
const TEXT = "10.0.0.1/32\n10.0.0.2/32  # probe\n";
let lists: IPList[];
let sent: Array<[string, string, unknown]>;
let refusal: { status: number; body: unknown } | null;

beforeEach(() => {
  lists = [bots];
  sent = [];
  refusal = null;
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname.replace("/api/v1/accounts/a1/", "");
    if (request.method === "GET") {
      if (path === "lists/3") return Response.json({ ...bots, text: TEXT });
      return Response.json({ count: lists.length, next: null, previous: null, results: lists });
    }
    const body = request.method === "DELETE" ? null : await request.json();
    sent.push([request.method, path, body]);
    if (refusal) return Response.json(refusal.body, { status: refusal.status });
    if (request.method === "DELETE") return new Response(null, { status: 204 });
    if (path === "lists/3/entries" && request.method === "POST") return Response.json({ id: 9, ...body });
    return Response.json(bots);
  });
});

function show(role: Role = "developer") {
  const me = { user: { email: "a@b.c", is_staff: false }, accounts: [{ id: "a1", name: "A", role }] };
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <MeContext value={me as unknown as Me}>
        <Lists />
      </MeContext>
    </QueryClientProvider>,
  );
}

const area = async () => (await screen.findByTestId("list-text")) as HTMLTextAreaElement;
const open = async () => {
  show();
  await userEvent.click(await screen.findByRole("button", { name: "Edit bots" }));
  return area();
};

describe("IP lists", () => {
  it("say what they are for while there is none", async () => {
    lists = [];
    show();
    await screen.findByText(/keeps addresses out of your code/);
  });

  it("are made, and opened to be filled", async () => {
    show();
    await userEvent.type(screen.getByTestId("list-name"), "bots{Enter}");
    expect((await area()).value).toBe(TEXT);
    expect(sent).toEqual([["POST", "lists", { name: "bots", note: "" }]]);
  });

  it("are saved as text, with the time at which they were read", async () => {
    const field = await open();
    await userEvent.type(field, "10.0.0.3");
    await userEvent.click(screen.getByTestId("list-save"));
    await waitFor(() => expect(screen.queryByTestId("list-text")).toBeNull());
    expect(sent).toEqual([["PUT", "lists/3/entries", { text: `${TEXT}10.0.0.3`, seen: AT }]]);
  });

  it("show errors at their lines, and lead to them", async () => {
    const lines = [{ line: 2, code: "list.cidr", message: "Not a network." }];
    refusal = {
      status: 400,
      body: { code: "list.lines", detail: "1 line cannot be used.", fields: { lines } },
    };
    const field = await open();
    await userEvent.type(field, "x");
    await userEvent.click(screen.getByTestId("list-save"));
    await userEvent.click(await screen.findByRole("button", { name: "Line 2: Not a network." }));
    expect(field.value.slice(field.selectionStart, field.selectionEnd)).toBe("10.0.0.2/32  # probe");
    expect(screen.getByTitle("Not a network.").textContent).toBe("! 2\n");
    expect(screen.getByRole("alert").textContent).toBe("1 line cannot be used.");
  });

  it("find what is searched, with the keyboard", async () => {
    const field = await open();
    await userEvent.type(screen.getByRole("searchbox"), "PROBE{Enter}");
    expect(document.activeElement).toBe(field);
    expect(field.value.slice(field.selectionStart, field.selectionEnd)).toContain("10.0.0.2");
  });

  it("are not closed with unsaved changes without a question", async () => {
    const answer = vi.fn(() => false);
    vi.stubGlobal("confirm", answer);
    await userEvent.type(await open(), "x");
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    screen.getByTestId("list-text");
    answer.mockReturnValue(true);
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    expect(screen.queryByTestId("list-text")).toBeNull();
  });

  it("take one entry quickly", async () => {
    await open();
    await userEvent.type(screen.getByTestId("list-add"), "10.0.0.9{Enter}");
    await waitFor(() => expect(sent).toEqual([["POST", "lists/3/entries", { cidr: "10.0.0.9", note: "" }]]));
  });

  it("are deleted after a question", async () => {
    show();
    await userEvent.click(await screen.findByRole("button", { name: "Delete bots" }));
    expect(sent).toEqual([]);
    screen.getByText(/find nothing from then on/);
    await userEvent.click(screen.getByTestId("confirm"));
    await waitFor(() => expect(sent).toEqual([["DELETE", "lists/3", null]]));
  });

  it("are only read by viewers", async () => {
    show("viewer");
    await userEvent.click(await screen.findByRole("button", { name: "Show bots" }));
    expect((await area()).readOnly).toBe(true);
    for (const id of ["list-name", "list-save", "list-add"]) expect(screen.queryByTestId(id)).toBeNull();
  });
});

describe("lines", () => {
  it("have places", () => {
    expect(rangeOf("a\nbc\n", 2)).toEqual([2, 4]);
    expect(rangeOf("a", 9)).toEqual([0, 1]);
  });

  it("are found in turn", () => {
    expect([0, 1, 3].map((after) => nextMatch("ab\nc\nAB", "ab", after))).toEqual([1, 3, 1]);
    expect(nextMatch("ab", " ", 0)).toBeUndefined();
  });
});
