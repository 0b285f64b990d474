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

/** Begins a login. @returns the page to which the app redirects, or "the provider" */
async function begin(): Promise<string> {
  const { origin, pathname, search } = await app.begin();
  return origin === op.issuer ? "the provider" : pathname + search;
}

/** Deletes the session cookie, as if the browser or a proxy had dropped it. */
function loseSession(): void {
  for (const name of app.jar.names()) if (/\.session(\.\d)?$/.test(name)) app.jar.cookies.delete(name);
}

describe.each(STORAGES)("login loops, with sessions in %s", (storage) => {
  beforeEach(async () => {
    op.reset();
    app = await AppInProcess.start(op, SETTINGS_FOR[storage]);
    startEmpty(storage);
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    return () => vi.useRealTimers();
  });

  const wait = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

  describe("a login whose access token has already expired", () => {
    test("a login with an expired access token and no refresh token fails, and the old session stays", async () => {
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

    test("a login with an expired access token and a refresh token succeeds", async () => {
      op.tokenResponse = { expires_in: 0 };
      expect(await app.logIn()).toBe("/profile");
    });
  });

  describe("a login whose session is lost at once", () => {
    test("a visitor who loses two sessions in a row gets the error page, and may try again from there", async () => {
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
      ["an access token for one second, and no refresh token", { expires_in: 1, refresh_token: undefined }],
      ["a refresh token that the provider refuses", { expires_in: 1, refresh_token: "dead" }],
    ])("a login loop is noticed if sessions end because of %s", async (_, tokenResponse) => {
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

    test("a login loop is noticed even if no guarded page is opened in between", async () => {
      op.tokenResponse = { expires_in: 1, refresh_token: undefined };
      for (let round = 0; round < 2; round += 1) {
        await app.logIn();
        wait(2);
      }
      expect(await begin()).toBe(REFUSED);
    });
  });

  describe("a step-up login of a user who has a session", () => {
    const STEP_UP = "?returnTo=/vault&max_age=300&step_up=1";
    const stepUp = () => {
      op.claims = { auth_time: Math.floor(Date.now() / 1000) };
      return app.logIn(STEP_UP);
    };

    test("the fourth step-up login in a row ends at the error page, and the session stays", async () => {
      await app.logIn();
      for (let round = 0; round < 3; round += 1) expect(await stepUp()).toBe("/vault");
      expect(await stepUp()).toBe(REFUSED);
      expect(app.jar.read(ERROR_COOKIE)).toBe("the-request.circle");
      expect(await app.session()).not.toBeNull();
    });

    test("two step-up logins in a row, and two more eleven seconds later, succeed", async () => {
      await app.logIn();
      for (const pause of [11, 11]) {
        expect(await stepUp()).toBe("/vault");
        expect(await stepUp()).toBe("/vault");
        wait(pause);
      }
    });
  });

  describe("a login that is not part of a login loop", () => {
    test("repeated logins of a user who has a session go to the provider", async () => {
      for (let round = 0; round < 4; round += 1) expect(await app.logIn()).toBe("/profile");
      loseSession();
      expect(await begin()).toBe("the provider");
    });

    test("a login goes to the provider if only the first of the last two sessions was lost", async () => {
      await app.logIn();
      loseSession();
      await app.logIn();
      expect(await begin()).toBe("the provider");
    });

    test("a login goes to the provider if more than ten seconds have passed since the one before", async () => {
      for (const seconds of [1, 11, 11, 1]) {
        expect(await app.logIn()).toBe("/profile");
        loseSession();
        wait(seconds);
      }
      expect(await begin()).toBe("the provider");
    });

    test("a login after a logout goes to the provider, however often that happens", async () => {
      const { logOut } = await import("../logout.ts");
      for (let round = 0; round < 3; round += 1) {
        expect(await app.logIn()).toBe("/profile");
        await logOut(new Request("http://0.0.0.0:3000/auth/logout", { method: "POST" }), app.jar, "r");
      }
      expect(await begin()).toBe("the provider");
    });

    test.each(["", "x", "2", "2.", "2.99999999999", "9", "-2.1", "2.1e9"])(
      "a login with the invalid recent-logins cookie %j goes to the provider",
      async (value) => {
        app.jar.cookies.set(`__Host-${SITE.id}.recent-logins`, value);
        expect(await begin()).toBe("the provider");
      },
    );
  });
});
