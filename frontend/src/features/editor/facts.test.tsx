import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Build, Diagnostic, Facts } from "@/api/types";
import { partsOf } from "./explain";
import { bytes, FactsCard } from "./FactsCard";
import { Problems } from "./Problems";

const BOUNDS: Diagnostic = {
  stage: "verify",
  severity: "error",
  code: "verify.packet_bounds",
  message: "reads 1 byte at offset 4984 of packet_buffer; nothing proves it is before headers.data_end",
  line: 4,
  column: 10,
  end: null,
  hint: "Compare on the same variable just before: `if (p + n > headers.data_end) return CF_EBPF_DROP;`.",
};
const FIX = "if (p + n > headers.data_end) return CF_EBPF_DROP;";
const FACTS: Facts = {
  worst_case_fuel: 250_000,
  stack: [{ line: 8, bytes: 104 }],
  helpers: [{ name: "hmac_sha256", lines: [16, 22] }],
  reads: [
    { line: 10, from: 0, to: 1 },
    { line: 12, from: 8, to: null },
  ],
  unreachable: [30],
  ignores_packet: true,
  cut: false,
};
const build = (change: Partial<Build>) =>
  ({ state: "ready", instructions: 262, verdict: "portable", facts: FACTS, ...change }) as Build;

describe("the parts of an explanation", () => {
  it("are what happened, what is known, what is missing and the fix", () => {
    expect(partsOf(BOUNDS)).toEqual({
      what: "reads 1 byte",
      known: "The access is at offset 4984 of packet_buffer.",
      missing: "Nothing proves it is before headers.data_end.",
      fix: BOUNDS.hint,
      code: FIX,
    });
  });
  it("stay together where they cannot be told apart", () => {
    const parts = { what: "too deep; give up", known: null, missing: null, fix: null, code: null };
    expect(partsOf({ message: "too deep; give up", hint: null })).toEqual(parts);
    expect(partsOf({ message: "x", hint: "Use `uint64_t`." }).code).toBeNull();
  });
});

describe("Problems", () => {
  it("shows the parts, jumps, and copies the fix", async () => {
    const jump = vi.fn();
    const user = userEvent.setup();
    render(<Problems diagnostics={[BOUNDS]} onJump={jump} none="" />);
    expect(screen.getAllByRole("term").map((term) => term.textContent)).toEqual(["Known", "Missing", "Fix"]);
    await user.click(screen.getByRole("button", { name: /error:\s*reads 1 byte/ }));
    expect(jump).toHaveBeenCalledWith(4, 10);
    await user.click(screen.getByRole("button", { name: "Copy the fix" }));
    expect(await navigator.clipboard.readText()).toBe(FIX);
  });
  it("folds followers under their cause, and never warnings", async () => {
    const warning = { ...BOUNDS, severity: "warning", code: "verify.unproven_loop", message: "a loop" };
    const later = { ...BOUNDS, line: 9, message: "writes there" };
    render(<Problems diagnostics={[BOUNDS, later, warning]} onJump={vi.fn()} none="" />);
    expect(screen.queryByRole("button", { name: /writes there/ })).toBeNull();
    expect(screen.getByRole("button", { name: /warning:\s*a loop/ })).toBeTruthy();
    const folded = screen.getByRole("button", { name: "Show 1 more error that may follow from this one" });
    expect(folded.getAttribute("aria-expanded")).toBe("false");
    folded.focus();
    await userEvent.keyboard("{Enter}");
    expect(folded.getAttribute("aria-expanded")).toBe("true");
    expect(screen.getByRole("button", { name: /writes there/ })).toBeTruthy();
  });
});

describe("the facts", () => {
  it("say the verdict, the cost against its limits, and what is read", async () => {
    const jump = vi.fn();
    render(<FactsCard number={3} fuel={1_000_000} build={build({})} onJump={jump} />);
    expect(screen.getByTestId("verdict").textContent).toBe("Portable");
    const fuel = screen.getByRole("meter", { name: "Worst-case fuel" });
    expect(fuel.getAttribute("aria-valuetext")).toBe("250,000 of 1,000,000");
    expect(fuel.querySelector("div")?.style.width).toBe("25%");
    expect(screen.getByRole("meter", { name: "Stack of cf_ebpf_main" }).getAttribute("aria-valuemax")).toBe(
      "512",
    );
    expect(within(screen.getByRole("table")).getAllByRole("row")).toHaveLength(3);
    expect(screen.getByText(/without a look at their bytes/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Line 16" }));
    expect(jump).toHaveBeenCalledWith(16, 1);
  });
  it("say so where there is no bound or no verdict", () => {
    const facts = { ...FACTS, worst_case_fuel: null };
    render(<FactsCard number={3} fuel={1_000_000} build={build({ verdict: "", facts })} onJump={vi.fn()} />);
    expect(screen.queryByTestId("verdict")).toBeNull();
    expect(screen.getByText(/^Refused/)).toBeTruthy();
    expect(screen.getByRole("meter", { name: "Worst-case fuel" }).getAttribute("aria-valuetext")).toBe(
      "not bounded",
    );
  });
  it("are nothing for a build that has none", () => {
    const { container } = render(
      <FactsCard number={3} fuel={1_000_000} build={build({ verdict: "", facts: null })} onJump={vi.fn()} />,
    );
    expect(container.innerHTML).toBe("");
  });
  it("name bytes from the first to the last", () => {
    const shown = [
      { from: 4, to: 5 },
      { from: 8, to: 1413 },
      { from: 2, to: null },
    ].map(bytes);
    expect(shown).toEqual(["4", "8 to 1,412", "2 and on"]);
  });
});
