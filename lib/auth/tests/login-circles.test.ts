import { beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { SETTINGS_FOR, STORAGES, startEmpty } from "@/dev/testing/storages.ts";
import { SITE } from "../../site.ts";

vi.mock("next/headers", () => ({}));
vi.mock("next/server", () => ({ after: () => undefined }));

const op = await startScriptedProvider();
let app: AppInProcess;

const REFUSED = "/auth/error?reason=configuration";
const ERROR_COOKIE = `__Host-${SITE.id}.error`;

/** Where the link to the login leads, without the query. */
async function begin(): Promise<string> {
  const { origin, pathname, search } = await app.begin();
  return origin === op.issuer ? "the provider" : pathname + search;
}

/** The browser, or a proxy, drops the session cookie; or another instance cannot read it. */
function loseSession(): void {
  for (const name of app.jar.names()) if (/\.session(\.\d)?$/.test(name)) app.jar.cookies.delete(name);
}

describe.each(STORAGES)("with sessions in %s", (storage) => {
  beforeEach(async () => {
    op.reset();
    app = await AppInProcess.start(op, SETTINGS_FOR[storage]);
    startEmpty(storage);
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    return () => vi.useRealTimers();
  });

  const wait = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

  describe("tokens that had expired on arrival", () => {
    test("without a refresh token end at the error page, which says so, and the session before it stays", async () => {
      await app.logIn();
      const before = await app.session();
      op.tokenResponse = { expires_in: 0, refresh_token: undefined };
      expect(await app.logIn("?returnTo=/protected")).toBe(REFUSED);
      expect(await app.session()).toEqual(before);
      expect(app.jar.read(ERROR_COOKIE)).toBe("the-request.expired");
      expect(app.warnings).toMatchObject([
        { reason: "configuration", advice: expect.stringContaining("offline_access") },
      ]);
    });

    test("with a refresh token are refreshed", async () => {
      op.tokenResponse = { expires_in: 0 };
      expect(await app.logIn()).toBe("/profile");
    });
  });

  describe("a login that gives no session which lasts", () => {
    test("ends at the error page when it happens twice, from where the visitor may try again", async () => {
      for (let round = 0; round < 2; round += 1) {
        expect(await app.logIn("?returnTo=/protected")).toBe("/protected");
        loseSession();
        wait(4);
      }
      expect(await begin()).toBe(REFUSED);
      expect(app.jar.read(ERROR_COOKIE)).toBe("the-request.circle");
      expect(await app.logIn()).toBe("/profile");
    });

    test.each([
      ["access tokens of a second, without a refresh token", { expires_in: 1, refresh_token: undefined }],
      ["a refresh token that is refused at once", { expires_in: 1, refresh_token: "dead" }],
    ])("is noticed whatever ends the session: %s", async (_, tokenResponse) => {
      const { currentSession } = await import("../guard.ts");
      const context = {
        method: "GET",
        pathname: "/protected",
        search: "",
        headers: new Headers(),
        requestId: "r",
      };
      for (let round = 0; round < 2; round += 1) {
        op.tokenResponse = tokenResponse;
        expect(await app.logIn()).toBe("/profile");
        op.answers["/token"] = () => ({ status: 400, json: { error: "invalid_grant" } });
        wait(2);
        expect(await currentSession(app.jar, context)).toBeNull();
        op.answers = {};
      }
      expect(await begin()).toBe(REFUSED);
    });

    test("is noticed also where the guard was not asked in between", async () => {
      op.tokenResponse = { expires_in: 1, refresh_token: undefined };
      for (let round = 0; round < 2; round += 1) {
        await app.logIn();
        wait(2);
      }
      expect(await begin()).toBe(REFUSED);
    });
  });

  describe("a login that a page asks for although there is a session", () => {
    const STEP_UP = "?returnTo=/vault&max_age=300&step_up=1";
    const stepUp = () => {
      op.claims = { auth_time: Math.floor(Date.now() / 1000) };
      return app.logIn(STEP_UP);
    };

    test("ends at the error page when the page does not stop asking", async () => {
      await app.logIn();
      for (let round = 0; round < 3; round += 1) expect(await stepUp()).toBe("/vault");
      expect(await stepUp()).toBe(REFUSED);
      expect(app.jar.read(ERROR_COOKIE)).toBe("the-request.circle");
      expect(await app.session()).not.toBeNull();
    });

    test("is none for two pages, one after the other, nor for somebody who comes back later", async () => {
      await app.logIn();
      for (const pause of [11, 11]) {
        expect(await stepUp()).toBe("/vault");
        expect(await stepUp()).toBe("/vault");
        wait(pause);
      }
    });
  });

  describe("is not a circle, and goes to the provider:", () => {
    test("a login of somebody who has a session, however often", async () => {
      for (let round = 0; round < 4; round += 1) expect(await app.logIn()).toBe("/profile");
      loseSession();
      expect(await begin()).toBe("the provider");
    });

    test("a login of somebody whose second login gave a session", async () => {
      await app.logIn();
      loseSession();
      await app.logIn();
      expect(await begin()).toBe("the provider");
    });

    test("a third login more than ten seconds after the second, or a second that long after the first", async () => {
      for (const seconds of [1, 11, 11, 1]) {
        expect(await app.logIn()).toBe("/profile");
        loseSession();
        wait(seconds);
      }
      expect(await begin()).toBe("the provider");
    });

    test("a login after a logout, however often", async () => {
      const { logOut } = await import("../logout.ts");
      for (let round = 0; round < 3; round += 1) {
        expect(await app.logIn()).toBe("/profile");
        await logOut(new Request("http://0.0.0.0:3000/auth/logout", { method: "POST" }), app.jar, "r");
      }
      expect(await begin()).toBe("the provider");
    });

    test.each(["", "x", "2", "2.", "2.99999999999", "9", "-2.1", "2.1e9"])(
      "a cookie that says %j",
      async (value) => {
        app.jar.cookies.set(`__Host-${SITE.id}.recent-logins`, value);
        expect(await begin()).toBe("the provider");
      },
    );
  });
});
