import { describe, expect, it } from "vitest";
import { factsOf } from "./AuditLog";

describe("factsOf", () => {
  it("is a line, with rules in words", () => {
    const after = {
      program_name: "guard",
      version_number: 2,
      scope: "region",
      name: "eu",
      mode: "enabled",
      expression: "",
    };
    expect(factsOf({ change: "create", after, note: "", none: null, self_approval: false })).toBe(
      "change: create; after: guard v2 on region eu, enabled; self approval: false",
    );
    expect(factsOf({ after: { ...after, scope: "global", expression: "true" }, other: { a: [1] } })).toBe(
      'after: guard v2 on global, enabled, true; other: {"a":[1]}',
    );
  });
});
