import { act, renderHook } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { BuildEvent, Version } from "@/api/types";
import { stepsOf } from "./BuildSteps";
import { dropDraft, keepDraft, readDraft } from "./draft";
import { withBuild } from "./usePrograms";
import { useSource } from "./useSource";
import { draftState } from "./Workbench";

describe("drafts", () => {
  it("are kept for each program", () => {
    expect(keepDraft("p", { source: "int a;", base: 3, at: 5 })).toBe(true);
    expect(readDraft("p")).toEqual({ source: "int a;", base: 3, at: 5 });
    expect(readDraft("q")).toBeNull();
    dropDraft("p");
    expect(readDraft("p")).toBeNull();
  });
  it("that cannot be read are none", () => {
    for (const text of ["{", "null", "7", '{"source":1,"base":1}']) {
      localStorage.setItem("flowprotect.draft.p", text);
      expect(readDraft("p")).toBeNull();
    }
  });
  it("say where the browser has no room", () => {
    const full = {
      ...localStorage,
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
    };
    expect(keepDraft("p", { source: "x", base: 1, at: 1 }, full as unknown as Storage)).toBe(false);
  });
});

describe("useSource", () => {
  const one = { source: "one", number: 1 };
  const hook = () => renderHook(({ saved }) => useSource("p", saved), { initialProps: { saved: one } });
  beforeEach(() => void vi.useFakeTimers());

  it("keeps what is typed and brings it back", () => {
    const first = hook();
    act(() => first.result.current.setSource("typed"));
    expect(first.result.current.dirty).toBe(true);
    act(() => void vi.advanceTimersByTime(400));
    expect(readDraft("p")).toMatchObject({ source: "typed", base: 1 });
    first.unmount();
    const second = hook();
    expect(second.result.current).toMatchObject({ source: "typed", dirty: true, restored: true });
  });
  it("keeps what was typed just before leaving", () => {
    const { result, unmount } = hook();
    act(() => result.current.setSource("late"));
    unmount();
    expect(readDraft("p")?.source).toBe("late");
  });
  it("drops the draft once it is the saved text", () => {
    const { result, rerender } = hook();
    act(() => result.current.setSource("two"));
    act(() => void vi.advanceTimersByTime(400));
    rerender({ saved: { source: "two", number: 2 } });
    expect(result.current).toMatchObject({ dirty: false, base: 2 });
    expect(readDraft("p")).toBeNull();
  });
  it("takes over somebody else's version where nothing was typed", () => {
    const { result, rerender } = hook();
    rerender({ saved: { source: "theirs", number: 2 } });
    expect(result.current).toMatchObject({ source: "theirs", dirty: false });
  });
  it("does not lose what was typed to somebody else's version", () => {
    const { result, rerender } = hook();
    act(() => result.current.setSource("mine"));
    rerender({ saved: { source: "theirs", number: 2 } });
    expect(result.current).toMatchObject({ source: "mine", dirty: true, base: 1 });
  });
});

describe("what is said", () => {
  it("tells saved, unsaved and read only apart", () => {
    const state = { dirty: true, kept: true, number: 4, canWrite: true };
    expect(draftState(state)).toBe("Unsaved changes, kept in this browser");
    expect(draftState({ ...state, kept: false })).toBe("Unsaved changes, this browser cannot keep them");
    expect(draftState({ ...state, dirty: false })).toBe("Version 4, no changes");
    expect(draftState({ ...state, canWrite: false })).toMatch(/^Read only/);
  });
});

describe("builds", () => {
  const version = (state: BuildEvent["state"]) =>
    ({ id: "v", build: { state, steps: {} } }) as unknown as Version;
  const event = (state: BuildEvent["state"], id = "v"): BuildEvent => ({
    version: id,
    program: "p",
    state,
    steps: { compile: 5 },
    diagnostics: [],
    instructions: null,
    verdict: "" as const,
    facts: null,
    compiler: "",
  });
  it("follow their events", () => {
    expect(withBuild([version("compiling")], event("verifying"))[0]?.build).toMatchObject({
      state: "verifying",
      steps: { compile: 5 },
    });
  });
  it("are not taken back by an event that comes late", () => {
    expect(withBuild([version("ready")], event("verifying"))[0]?.build.state).toBe("ready");
  });
  it("ignore other versions' events", () => {
    const versions = [version("queued")];
    expect(withBuild(versions, event("ready", "other"))).toBe(versions);
  });
  it("show what each step did", () => {
    expect(stepsOf({ state: "queued", steps: {} })).toEqual(["waiting", "waiting", "waiting"]);
    expect(stepsOf({ state: "verifying", steps: { compile: 1 } })).toEqual(["done", "now", "waiting"]);
    expect(stepsOf({ state: "failed", steps: { compile: 1 } })).toEqual(["failed", "waiting", "waiting"]);
    expect(stepsOf({ state: "failed", steps: {} })).toEqual(["failed", "waiting", "waiting"]);
    expect(stepsOf({ state: "failed", steps: { compile: 1, verify: 2 } })).toEqual([
      "done",
      "failed",
      "waiting",
    ]);
    expect(stepsOf({ state: "ready", steps: { compile: 1, verify: 2 } })).toEqual([
      "done",
      "done",
      "skipped",
    ]);
  });
});
