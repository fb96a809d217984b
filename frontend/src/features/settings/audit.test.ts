import { describe, expect, it } from "vitest";
import { factsOf } from "./AuditLog";

describe("factsOf", () => {
  it("is a line", () => {
    expect(
      factsOf({ change: "create", after: { mode: "enabled" }, note: "", none: null, self_approval: false }),
    ).toBe('change: create, after: {"mode":"enabled"}, self approval: false');
  });
});
