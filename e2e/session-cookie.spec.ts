import { SITE } from "../lib/site.ts";
import { newSessionSecret } from "./support/app/environment.ts";
import type { AppServer } from "./support/app/server.ts";
import { cookieHeader, rawRequest } from "./support/browser/raw-request.ts";
import { goThroughLogin, providerAnswer, whoAmI } from "./support/provider/login-steps.ts";
import { withExpiredToken } from "./support/provider/passing-time.ts";
import { ALICE, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

/** How many times an app has logged that it cannot read a session cookie. */
function unreadable(app: AppServer): number {
  return app.log.having({ level: "warn", msg: "cannot read the session cookie" }).length;
}

/** The attributes of a `Set-Cookie` line, without name and value, in lower case. */
function attributes(line: string | undefined): string[] {
  return (line ?? "").toLowerCase().split(/; */).slice(1).sort();
}

for (const https of [false, true]) {
  test(`the cookies of an app on ${https ? "https" : "http"} have the strictest attributes [C3]`, async ({
    request,
    stack,
  }) => {
    const app = https
      ? await stack.startApp((url) => ({
          APP_BASE_URL: "https://app.example.com",
          OIDC_REDIRECT_URI: `${url}/auth/callback`,
        }))
      : stack.app;
    const prefix = https ? `__Host-${SITE.id}` : `${SITE.id}.${app.port}`;
    const closed = ["httponly", "path=/", "samesite=lax", ...(https ? ["secure"] : [])];
    const written = new Map<string, string>();
    const note = (lines: string[] = []) => {
      for (const line of lines) written.set(line.slice(0, line.indexOf("=")), line);
    };
    const begun = await rawRequest(app, "/auth/login");
    note(begun.headers["set-cookie"]);
    const callback = await providerAnswer(request, app);
    const cookie = await cookieHeader(request);
    note((await rawRequest(app, "/auth/callback?code=x", { headers: { cookie } })).headers["set-cookie"]);
    const answer = await rawRequest(app, callback.pathname + callback.search, { headers: { cookie } });
    expect([answer.status, answer.headers.location]).toEqual([303, "/profile"]);
    note(answer.headers["set-cookie"]?.filter((line) => !line.includes("login."))); // skips the login cookie

    // part: inspector
    // The inspector's cookie is for one path only, so its name cannot begin with __Host-, which requires the path "/".
    const trace = `${https ? `__Secure-${SITE.id}` : prefix}.trace`;
    expect(attributes(written.get(trace))).toEqual(expect.arrayContaining(["httponly", "path=/inspector"]));
    written.delete(trace);
    written.delete(trace.replace(/trace$/, "failed-trace"));
    // end part: inspector
    expect([...written.keys()].map((name) => name.replace(/login\..*/, "login.STATE")).sort()).toEqual([
      `${prefix}.error`,
      `${prefix}.login.STATE`,
      `${prefix}.recent-logins`,
      `${prefix}.session`,
    ]);
    for (const [name, line] of written) {
      expect(
        attributes(line).filter((one) => !/^(max-age|expires)=/.test(one)),
        name,
      ).toEqual(closed);
    }
    const session = written.get(`${prefix}.session`);
    expect(attributes(session)).toContain("max-age=86400");
    expect(Boolean(answer.headers["strict-transport-security"])).toBe(https);
  });
}

test("a user stays logged in to two copies of the app that run on two ports of one computer [C3]", async ({
  request,
  stack,
}) => {
  const copies = [stack.app, await stack.startApp(() => ({ SESSION_SECRET: newSessionSecret() }))];
  await logInByRequest(request);
  for (const copy of copies) expect(await goThroughLogin(request, copy)).toBe("/profile");
  for (const copy of copies) expect(await whoAmI(request, copy)).toBe(ALICE.name);
  await request.post(`${stack.app.url}/auth/logout`);
  expect(await Promise.all(copies.map((copy) => whoAmI(request, copy)))).toEqual([null, ALICE.name]);
});

test("a user stays logged in while SESSION_SECRET is rotated [C16]", async ({ request, stack }) => {
  const [old, fresh] = [stack.settings.SESSION_SECRET, newSessionSecret()];
  const APP_BASE_URL = stack.app.url; // the same address, because the cookies' names contain the port
  await withExpiredToken(stack, request);
  const sealedWithOld = await cookieHeader(request);
  const [both, alone] = await Promise.all([
    stack.startApp(() => ({ APP_BASE_URL, SESSION_SECRET: `${fresh},${old}` })),
    stack.startApp(() => ({ APP_BASE_URL, SESSION_SECRET: fresh })),
  ]);
  expect(await whoAmI(request, both)).toBe(ALICE.name); // a refresh seals the session with the new secret
  expect(await whoAmI(request, alone)).toBe(ALICE.name);
  const headers = { cookie: sealedWithOld };
  expect((await rawRequest(alone, "/auth/me", { headers })).status).toBe(401);
  // An app without the new secret cannot read the new cookie, and logs that.
  const before = unreadable(stack.app);
  expect(await whoAmI(request, stack.app)).toBeNull();
  await expect.poll(() => unreadable(stack.app)).toBe(before + 1);
});

test("the app logs a session cookie that was tampered with, and treats the visitor as not logged in [C16]", async ({
  request,
  stack,
}) => {
  await logInByRequest(request);
  const [, name = "", value = ""] = /(\S+\.session)=([^;]+)/.exec(await cookieHeader(request)) ?? [];
  const flipped = [0, 0.02, 0.1, 0.3, 0.6, 0.9, 0.995].map((part) => {
    const at = Math.floor(part * value.length);
    return value.slice(0, at) + (value[at] === "A" ? "B" : "A") + value.slice(at + 1);
  });
  const others = [value.slice(0, -40), value.split("").reverse().join(""), "1", "null"];
  for (const tampered of [...flipped, ...others]) {
    await test.step(tampered.slice(0, 60), async () => {
      const before = unreadable(stack.app);
      const headers = { cookie: `${name}=${tampered}` };
      const page = await rawRequest(stack.app, "/", { headers });
      expect(page.status).toBe(200);
      expect(page.text).toContain(">Log in<");
      expect(page.text).not.toContain(">Log out<");
      expect((await rawRequest(stack.app, "/profile", { headers })).status).toBe(307);
      expect((await rawRequest(stack.app, "/auth/me", { headers })).status).toBe(401);
      await expect.poll(() => unreadable(stack.app)).toBe(before + 3);
    });
  }
});
