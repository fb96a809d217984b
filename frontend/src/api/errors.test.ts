import { afterEach, describe, expect, it, vi } from "vitest";
import { getMe, logIn } from "./accounts";
import { csrfToken, whenLoggedOut } from "./client";
import { ApiError, apiError, fieldError, sentence } from "./errors";
import { CAPTURE_LIMIT, checkCapture, createProgram } from "./programs";

describe("sentences", () => {
  it("are the server's where it gives one", () => {
    const error = apiError(409, {
      detail: "There is a program called a already.",
      code: "program.name_taken",
    });
    expect(error.code).toBe("program.name_taken");
    expect(sentence(error)).toBe("There is a program called a already.");
  });
  it("name the field that is invalid", () => {
    const error = apiError(400, {
      detail: "Not a network.",
      code: "invalid",
      fields: { ip_offset: ["Not a number."] },
    });
    expect(sentence(error)).toBe("Ip offset: Not a number.");
    expect(fieldError(error, "ip_offset")).toBe("Not a number.");
    expect(fieldError(error, "name")).toBeUndefined();
  });
  it("leave out the name where the fault is the whole form's", () => {
    const fields = { non_field_errors: ["Which rule?"] };
    expect(sentence(apiError(400, { detail: "Which rule?", code: "invalid", fields }))).toBe("Which rule?");
  });
  it("are there for bodies that are not ours", () => {
    for (const body of [null, "<html>", [], { detail: 7 }]) {
      expect(sentence(apiError(502, body))).toBe("FlowProtect is restarting. Try again in a few seconds.");
    }
    expect(sentence(apiError(418, {}))).toBe("FlowProtect answered with status 418.");
    expect(apiError(500, null).code).toBe("http.500");
  });
  it("are there for anything that can be thrown", () => {
    expect(sentence(new Error("so"))).toBe("so");
    expect(sentence(undefined)).toBe("Something went wrong. Try again.");
  });
});

describe("checkCapture", () => {
  const file = (size: number) => Object.defineProperty(new File(["x"], "a.pcap"), "size", { value: size });
  it("refuses what the server would refuse", () => {
    expect(() => checkCapture(file(CAPTURE_LIMIT))).not.toThrow();
    expect(() => checkCapture(file(CAPTURE_LIMIT + 1))).toThrow(
      /a.pcap has 32.0 MB; a capture may have 32 MB/,
    );
    expect(() => checkCapture(file(0))).toThrow("a.pcap is empty.");
  });
});

describe("the client", () => {
  const answer = (status: number, body: unknown) =>
    vi.fn<(request: Request) => Promise<Response>>(async () => Response.json(body, { status }));
  afterEach(() => {
    // biome-ignore lint/suspicious/noDocumentCookie: jsdom has no cookie store.
    document.cookie = "csrftoken=; expires=Thu, 01 Jan 1970 00:00:00 GMT";
    whenLoggedOut(() => {});
  });

  it("sends the CSRF token with what changes something", async () => {
    // biome-ignore lint/suspicious/noDocumentCookie: jsdom has no cookie store.
    document.cookie = "csrftoken=abc";
    const fetch = answer(201, { id: "p" });
    vi.stubGlobal("fetch", fetch);
    await createProgram("a1", "name", "int x;");
    const request = fetch.mock.calls[0]?.[0] as Request;
    expect(new URL(request.url).pathname).toBe("/api/v1/accounts/a1/programs");
    expect(request.headers.get("X-CSRFToken")).toBe("abc");
    expect(await request.json()).toEqual({ name: "name", source: "int x;" });
  });

  it("sends none with reads", async () => {
    const fetch = answer(200, { user: {}, accounts: [] });
    vi.stubGlobal("fetch", fetch);
    await getMe();
    expect(fetch.mock.calls[0]?.[0].headers.get("X-CSRFToken")).toBeNull();
  });

  it("tells that the session is over, but not for a wrong password", async () => {
    const over = vi.fn();
    whenLoggedOut(over);
    vi.stubGlobal(
      "fetch",
      answer(401, { detail: "The email or the password is wrong.", code: "login.refused" }),
    );
    await expect(logIn("a@b.c", "x")).rejects.toThrow("The email or the password is wrong.");
    expect(over).not.toHaveBeenCalled();
    vi.stubGlobal("fetch", answer(401, { detail: "Log in first.", code: "not_authenticated" }));
    await expect(getMe()).rejects.toBeInstanceOf(ApiError);
    expect(over).toHaveBeenCalledTimes(1);
  });

  it("says that there was no answer", async () => {
    vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("network")));
    await expect(getMe()).rejects.toMatchObject({
      status: 0,
      message: expect.stringContaining("cannot be reached"),
    });
  });
});

describe("csrfToken", () => {
  it("finds its cookie among others", () => {
    expect(csrfToken("a=1; csrftoken=x%3Dy; b=2")).toBe("x=y");
    expect(csrfToken("xcsrftoken=1")).toBe("");
  });
});
