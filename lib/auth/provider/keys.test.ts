import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, shortenTimeouts, thrownBy } from "@/dev/testing/fresh-process.ts";
import { type Answer, type LocalServer, startLocalServer, unusedOrigin } from "@/dev/testing/local-server.ts";

const KEYS = { keys: [{ kty: "EC", kid: "one" }] };

let server: LocalServer;
let answer: Answer;
let lib: typeof import("./metadata.ts");

beforeAll(async () => {
  server = await startLocalServer(() => answer);
});
afterAll(() => server.close());

beforeEach(async () => {
  answer = { json: KEYS };
  server.requests.length = 0;
  freshProcess();
  lib = await import("./metadata.ts");
});

const ask = () => lib.getProviderKeys(`${server.origin}/jwks`);

describe("the provider's keys", () => {
  test("the keys are fetched once", async () => {
    expect(await ask()).toEqual(KEYS);
    await ask();
    expect(server.requests).toHaveLength(1);
  });

  test("entries that are not objects, and members that are null, are removed from the keys", async () => {
    answer = { json: { keys: [null, "key", { kty: "EC", kid: "one", use: null, d: null, x: "" }] } };
    expect(await ask()).toEqual({ keys: [{ kty: "EC", kid: "one", x: "" }] });
  });

  test("the keys are fetched again after ten minutes", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    await ask();
    vi.setSystemTime(Date.now() + 599_000);
    await ask();
    expect(server.requests).toHaveLength(1);
    vi.setSystemTime(Date.now() + 2_000);
    await ask();
    expect(server.requests).toHaveLength(2);
    vi.useRealTimers();
  });
});

describe("keys that cannot be fetched", () => {
  test.each([
    ["500", { status: 500, text: "oops" }, "provider_unavailable"],
    ["429", { status: 429, text: "" }, "provider_unavailable"],
    ["404", { status: 404, text: "" }, "invalid_response"],
    ["a redirect", { status: 302, headers: { location: "/elsewhere" } }, "invalid_response"],
    ["HTML", { text: "<h1>Welcome</h1>" }, "invalid_response"],
    ["JSON without keys", { json: { key: 1 } }, "invalid_response"],
    ["keys that are not a list", { json: { keys: {} } }, "invalid_response"],
    ["null", { json: null }, "invalid_response"],
    ["a broken connection", "reset", "provider_unavailable"],
    ["an answer that breaks off", "cut", "provider_unavailable"],
  ] as const)(
    "getProviderKeys fails with the right reason if the answer is %s",
    async (_, scripted, reason) => {
      const { toLoginError } = await import("./errors.ts");
      answer = scripted;
      expect(toLoginError(await thrownBy(ask()), "keys")).toMatchObject({ reason });
      expect(server.requests).toHaveLength(scripted === "reset" ? 2 : 1);
    },
  );

  test("getProviderKeys fails if no server listens, or if no answer arrives within ten seconds", async () => {
    const { toLoginError } = await import("./errors.ts");
    const refused = await thrownBy(lib.getProviderKeys(await unusedOrigin()));
    expect(toLoginError(refused, "keys").reason).toBe("provider_unavailable");
    answer = "hang";
    const timeouts = shortenTimeouts();
    expect(toLoginError(await thrownBy(ask()), "keys").reason).toBe("provider_unavailable");
    expect(timeouts).toHaveBeenCalledWith(10_000);
  });
});
