import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcessWith, KEEPERS, type Keeper } from "@/dev/testing/keepers.ts";
import { endSession, openSession } from "@/dev/testing/kept-sessions.ts";
import { ScriptedProvider } from "@/dev/testing/scripted-provider.ts";

vi.mock("next/headers", () => ({}));

let op: ScriptedProvider;
let lib: typeof import("./login.ts") & typeof import("./callback.ts") & typeof import("./session.ts");
let jar: FakeCookieJar;

beforeAll(async () => {
  op = await ScriptedProvider.start();
});
afterAll(() => op.close());

async function load(keeper: Keeper): Promise<void> {
  op.reset();
  jar = new FakeCookieJar();
  freshProcessWith(keeper, { OIDC_ISSUER: op.issuer });
  lib = {
    ...(await import("./login.ts")),
    ...(await import("./callback.ts")),
    ...(await import("./session.ts")),
  };
  (await import("../log.ts")).log.level = "silent";
}

/** Begins a login in a tab of its own. */
async function begin(returnTo: string): Promise<URLSearchParams> {
  const request = new Request(`http://localhost/auth/login?${new URLSearchParams({ returnTo })}`);
  const response = await lib.beginLogin("login")(request, jar, "request-1");
  return new URL(response.headers.get("location") ?? "").searchParams;
}

/** The provider answers that tab. @returns where it is led */
async function finish(tab: URLSearchParams): Promise<string | null> {
  op.claims = { ...op.claims, nonce: tab.get("nonce") };
  const answer = new URLSearchParams({ code: "the-code", state: tab.get("state") ?? "" });
  const response = await lib.finishLogin(
    new Request(`http://localhost/auth/callback?${answer}`),
    jar,
    "request-2",
  );
  return response.headers.get("location");
}

const loginCookies = () => jar.names().filter((name) => name.includes("login.") && jar.read(name));

describe.each(KEEPERS)("with sessions in %s", (keeper) => {
  beforeEach(() => load(keeper));

  test("of two tabs that log in at once, each ends where it wanted to be, whichever is answered first", async () => {
    const [first, second, third] = [await begin("/one"), await begin("/two"), await begin("/three")];
    expect(await finish(second)).toBe("/two");
    expect(await finish(first)).toBe("/one");
    expect(await finish(third)).toBe("/three");
  });

  test("the first finished login takes every login cookie away", async () => {
    const [first] = [await begin("/one"), await begin("/two"), await begin("/three")];
    expect(loginCookies()).toHaveLength(3);
    await finish(first);
    expect(loginCookies()).toEqual([]);
  });

  test("a login of another tab is good for one answer, too", async () => {
    const [first, second] = [await begin("/one"), await begin("/two")];
    await finish(first);
    expect(await finish(first)).toBe("/auth/error?reason=login_expired");
    await finish(second);
    expect(await finish(second)).toBe("/auth/error?reason=login_expired");
  });

  test("a login of another tab is answered within ten minutes or not at all", async () => {
    const [first, second] = [await begin("/one"), await begin("/two")];
    await finish(first);
    vi.useFakeTimers({ now: Date.now() + 601_000, toFake: ["Date"] });
    expect(await finish(second)).toBe("/auth/error?reason=login_expired");
    vi.useRealTimers();
  });

  test("logging out ends the logins of other tabs", async () => {
    const [first, second] = [await begin("/one"), await begin("/two")];
    await finish(first);
    await endSession(jar, await openSession(jar));
    expect(await finish(second)).toBe("/auth/error?reason=login_expired");
  });

  test("tokens that fill the cookies leave no room for the logins of other tabs, but log in", async () => {
    const [first] = [await begin("/one"), await begin(`/${"x".repeat(1_900)}`), await begin("/three")];
    op.tokenResponse = { refresh_token: "r".repeat(9_500) };
    expect(await finish(first)).toBe("/one");
  });
});
