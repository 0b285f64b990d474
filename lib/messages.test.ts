import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, shortenTimeouts } from "@/dev/testing/fresh-process.ts";
import { type Answer, type LocalServer, startLocalServer, unusedOrigin } from "@/dev/testing/local-server.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import type { Session } from "./auth/session.ts";

const getSession = vi.hoisted(() => vi.fn<() => Promise<Session | null>>());
const requestHeaders = vi.hoisted(() => new Headers());
vi.mock("./auth/current-user.ts", () => ({ getSession }));
vi.mock("next/headers", () => ({ headers: async () => requestHeaders }));

let api: LocalServer;
let answer: Answer;
let lib: typeof import("./messages.ts");
let logged: object[];
let session: Session;

beforeAll(async () => {
  api = await startLocalServer(() => answer);
});
afterAll(() => api.close());

async function load(apiServerUrl = api.origin) {
  freshProcess({ API_SERVER_URL: apiServerUrl });
  lib = await import("./messages.ts");
  const { log } = await import("./log.ts");
  logged = [];
  vi.spyOn(log, "warn").mockImplementation((entry) => void logged.push(entry as object));
}

beforeEach(async () => {
  await load();
  answer = { json: { text: "This is a message." } };
  api.requests.length = 0;
  requestHeaders.set("x-request-id", "request-1");
  const { createSession, withClaims } = await import("./auth/session.ts");
  session = withClaims(createSession(tokenSet(), null));
  getSession.mockReset().mockResolvedValue(session);
});

describe("a message of the API [A9]", () => {
  test("the public message is requested without a token, even if the visitor is logged in", async () => {
    expect(await lib.getMessage("public")).toEqual({ status: "ok", text: "This is a message." });
    expect(api.requests).toMatchObject([{ method: "GET", path: "/api/messages/public" }]);
    expect(api.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(getSession).not.toHaveBeenCalled();
  });

  test.each(["protected", "admin"] as const)(
    "the %s message is requested with the visitor's access token",
    async (name) => {
      expect(await lib.getMessage(name)).toEqual({ status: "ok", text: "This is a message." });
      expect(api.requests).toMatchObject([
        { path: `/api/messages/${name}`, headers: { authorization: "Bearer access-token-0" } },
      ]);
    },
  );

  test("the text of a message is returned unchanged, because pages escape it", async () => {
    answer = { json: { text: "<b>é</b>", more: 1 } };
    expect(await lib.getMessage("public")).toEqual({ status: "ok", text: "<b>é</b>" });
  });

  test("a message may be an empty text", async () => {
    answer = { json: { text: "" } };
    expect(await lib.getMessage("public")).toEqual({ status: "ok", text: "" });
  });

  test.each([401, 403])(
    "if the API answers %i to a request without a token, the result is token_required",
    async (status) => {
      getSession.mockResolvedValue(null);
      answer = { status, json: { message: "Requires authentication" } };
      for (const name of ["public", "protected"] as const) {
        expect(await lib.getMessage(name)).toEqual({ status: "token_required" });
      }
      expect(logged).toMatchObject([{ status }, { status }]);
      for (const { headers } of api.requests) expect(headers).not.toHaveProperty("authorization");
    },
  );

  test("an expired access token is not sent, and the result is provider_unavailable", async () => {
    getSession.mockResolvedValue({ ...session, accessTokenExpiresAt: 1, refreshAt: 1 });
    expect(await lib.getMessage("protected")).toEqual({ status: "provider_unavailable" });
    expect(api.requests).toEqual([]);
  });

  test("an access token that had expired from the start is sent until its refresh, and the API decides", async () => {
    const refreshAt = Math.floor(Date.now() / 1000) + 60;
    getSession.mockResolvedValue({ ...session, accessTokenExpiresAt: 1, refreshAt });
    expect(await lib.getMessage("protected")).toEqual({ status: "ok", text: expect.any(String) });
  });
});

describe("getMessage without a message [A9]", () => {
  test.each([
    ["401", { status: 401, json: { message: "Bad credentials" } }, "unauthorized"],
    ["403", { status: 403, json: { message: "Permission denied" } }, "forbidden"],
    ["404", { status: 404, text: "?" }, "failed"],
    ["429", { status: 429, text: "" }, "failed"],
    ["500", { status: 500, json: { text: "not this" } }, "failed"],
    ["a redirect", { status: 302, headers: { location: "/elsewhere" } }, "failed"],
    ["HTML", { text: "<h1>Welcome</h1>" }, "malformed"],
    ["an empty body", { text: "" }, "malformed"],
    ["JSON without a text", { json: { message: "hi" } }, "malformed"],
    ["a text that is not a string", { json: { text: { a: 1 } } }, "malformed"],
    ["a list", { json: ["text"] }, "malformed"],
    ["null", { json: null }, "malformed"],
    ["a text of 100 KB", { json: { text: "x".repeat(100_000) } }, "malformed"],
    ["a broken connection", "reset", "unreachable"],
    ["an answer that breaks off", "cut", "unreachable"],
  ] as const)(
    "getMessage returns and logs the right status if the API answers with %s",
    async (_, scripted, status) => {
      answer = scripted;
      expect(await lib.getMessage("protected")).toEqual({ status });
      expect(api.requests).toHaveLength(1); // the app does not follow a redirect
      expect(logged).toEqual([expect.objectContaining({ requestId: "request-1", reason: status })]);
      expect(JSON.stringify(logged)).not.toContain("access-token");
    },
  );

  test("getMessage returns unreachable if no server listens at API_SERVER_URL", async () => {
    const origin = await unusedOrigin();
    await load(origin);
    expect(await lib.getMessage("public")).toEqual({ status: "unreachable" });
    const url = `${origin}/api/messages/public`;
    expect(logged).toEqual([expect.objectContaining({ url, code: "ECONNREFUSED" })]);
  });

  test("getMessage returns no_api, and logs nothing, if API_SERVER_URL is not set", async () => {
    await load("");
    for (const name of ["public", "protected", "admin"] as const) {
      expect(await lib.getMessage(name)).toEqual({ status: "no_api" });
    }
    getSession.mockResolvedValue({ ...session, accessTokenExpiresAt: 1, refreshAt: 1 });
    expect(await lib.getMessage("protected")).toEqual({ status: "no_api" });
    expect(api.requests).toEqual([]);
    expect(logged).toEqual([]);
  });

  test("getMessage returns timeout after five seconds without an answer", async () => {
    answer = "hang";
    const timeouts = shortenTimeouts();
    expect(await lib.getMessage("public")).toEqual({ status: "timeout" });
    expect(timeouts).toHaveBeenCalledWith(5_000);
    await vi.waitFor(() => expect(api.requests).toHaveLength(1)); // otherwise the request would arrive during the next test
  });
});

describe("getMessageAhead, which requests a message before its page renders", () => {
  test("the page of the same request does not request the message again", async () => {
    await lib.getMessageAhead("admin", session, "request-1");
    expect(await lib.getMessage("admin")).toEqual({ status: "ok", text: "This is a message." });
    expect(api.requests).toHaveLength(1);
  });

  test("a message that was requested ahead is not used for another request or another message", async () => {
    await lib.getMessageAhead("admin", session, "another-request");
    await lib.getMessageAhead("protected", session, "request-1");
    await lib.getMessage("admin");
    expect(api.requests).toHaveLength(3);
  });

  test("a message that was requested ahead is used only once", async () => {
    await lib.getMessageAhead("admin", session, "request-1");
    await lib.getMessage("admin");
    await lib.getMessage("admin");
    expect(api.requests).toHaveLength(2);
  });
});
