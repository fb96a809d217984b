import { describe, expect, it } from "vitest";
import { safeNext } from "./LoginPage";

describe("safeNext", () => {
  it("stays on this site", () => {
    expect(safeNext("/accounts/a/live")).toBe("/accounts/a/live");
    for (const next of [
      undefined,
      "",
      "//evil.example",
      "/\\evil.example",
      "https://evil.example",
      "/login?next=/",
    ]) {
      expect(safeNext(next)).toBe("/");
    }
  });
});
