import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { openSession } from "@/dev/testing/kept-sessions.ts";
import { freshProcessWith, STORAGES, type StorageKind } from "@/dev/testing/storages.ts";
import { SITE } from "../../site.ts";

vi.mock("next/headers", () => ({}));
vi.mock("next/server", () => ({ after: () => undefined }));

const op = await startScriptedProvider();
let lib: typeof import("../login.ts") &
  typeof import("../callback.ts") &
  typeof import("../session-cookie.ts");
let jar: FakeCookieJar;

async function load(storage: StorageKind): Promise<void> {
  op.reset();
  jar = new FakeCookieJar();
  freshProcessWith(storage, { OIDC_ISSUER: op.issuer });
  lib = {
    ...(await import("../login.ts")),
    ...(await import("../callback.ts")),
    ...(await import("../session-cookie.ts")),
  };
  (await import("../../log.ts")).log.level = "silent";
}

/** Begins a login in a new tab. */
async function begin(returnTo: string): Promise<URLSearchParams> {
  const request = new Request(`http://localhost/auth/login?${new URLSearchParams({ returnTo })}`);
  const response = await lib.beginLogin("login")(request, jar, "request-1");
  return new URL(response.headers.get("location") ?? "").searchParams;
}

/** Sends the provider's answer for that tab. @returns the page that the tab is redirected to */
async function finish(tab: URLSearchParams, browser = jar): Promise<string | null> {
  op.claims = { ...op.claims, nonce: tab.get("nonce") };
  const answer = new URLSearchParams({ code: "the-code", state: tab.get("state") ?? "" });
  const response = await lib.finishLogin(
    new Request(`http://localhost/auth/callback?${answer}`),
    browser,
    "request-2",
  );
  return response.headers.get("location");
}

const loginCookies = () => jar.names().filter((name) => name.includes("login.") && jar.read(name));
const loginCookieOf = (tab: URLSearchParams) => `__Host-${SITE.id}.login.${tab.get("state")}`;
const codesExchanged = () => op.asked.filter((path) => path === "/token").length;

const EXPIRED = "/auth/error?reason=login_expired";

describe.each(STORAGES)("parallel logins in one browser, with sessions in %s", (storage) => {
  beforeEach(() => load(storage));

  test("of six tabs that log in at once, the newest five reach their own pages, in any order of the answers", async () => {
    const tabs: URLSearchParams[] = [];
    for (let tab = 0; tab < 6; tab += 1) tabs.push(await begin(`/page-${tab}`));
    for (const tab of [2, 1, 5, 3, 4]) {
      expect(await finish(tabs[tab] ?? expect.fail())).toBe(`/page-${tab}`);
    }
    expect(await finish(tabs[0] ?? expect.fail())).toBe(EXPIRED);
  });

  test("a finished login deletes its own cookie and unreadable login cookies, but not those of other tabs", async () => {
    const [first, second, third] = [await begin("/one"), await begin("/two"), await begin("/three")];
    jar.cookies.set(`__Host-${SITE.id}.login.foreign`, "rubbish");
    await finish(first);
    expect(loginCookies()).toEqual([loginCookieOf(second), loginCookieOf(third)]);
  });

  test("the login of each tab accepts one answer only, even if that answer fails", async () => {
    const [first, second] = [await begin("/one"), await begin("/two")];
    await finish(first);
    expect(await finish(first)).toBe("/auth/error?reason=state_mismatch"); // the second tab's login is unfinished
    op.answers["/token"] = () => ({ status: 503 });
    expect(await finish(second)).toBe("/auth/error?reason=provider_unavailable");
    op.answers = {};
    expect(await finish(second)).toBe(EXPIRED);
    expect(codesExchanged()).toBe(2);
  });

  test.each([200, 503])(
    "a copy of a login cookie is useless once the login was answered (token endpoint: %i)",
    async (status) => {
      const tab = await begin("/one");
      const copy = jar.copy();
      if (status !== 200) op.answers["/token"] = () => ({ status });
      await finish(tab);
      op.answers = {};
      expect(await finish(tab, copy)).toBe(EXPIRED);
      expect(await openSession(copy)).toBeNull();
      expect(codesExchanged()).toBe(1);
    },
  );

  test("an answer with a repeated parameter uses up the login", async () => {
    const tab = await begin("/one");
    const query = `code=a&code=b&state=${tab.get("state")}`;
    await lib.finishLogin(new Request(`http://localhost/auth/callback?${query}`), jar, "request-2");
    expect(await finish(tab)).toBe(EXPIRED);
  });

  test("a browser that sends an answer twice at once reaches the same page both times, with one code exchange", async () => {
    const tab = await begin("/one");
    const again = jar.copy();
    const answers = Promise.all([finish(tab), finish(tab, again)]);
    expect(await answers).toEqual(["/one", "/one"]);
    expect(codesExchanged()).toBe(1);
    const opened = await Promise.all([openSession(jar), openSession(again)]); // either request may win
    expect(opened.filter((session) => session !== null)).toHaveLength(1);
  });

  test("a browser that sends an answer twice at once gets the error page both times if the login fails", async () => {
    const tab = await begin("/one");
    op.answers["/token"] = () => ({ status: 400, json: { error: "invalid_grant" } });
    for (const location of await Promise.all([finish(tab), finish(tab, jar.copy())])) {
      expect(location).toMatch(/^\/auth\/error/);
    }
    expect(codesExchanged()).toBe(1);
  });

  test("the login of another tab expires after ten minutes", async () => {
    const [first, second] = [await begin("/one"), await begin("/two")];
    await finish(first);
    vi.useFakeTimers({ now: Date.now() + 601_000, toFake: ["Date"] });
    expect(await finish(second)).toBe(EXPIRED);
    vi.useRealTimers();
  });

  test("a logout ends the unfinished logins of other tabs", async () => {
    const [first, second] = [await begin("/one"), await begin("/two")];
    await finish(first);
    const { logOut } = await import("../logout.ts");
    await logOut(new Request("http://localhost/auth/logout", { method: "POST" }), jar, "r");
    expect(await finish(second)).toBe(EXPIRED);
  });
});
