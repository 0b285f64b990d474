import { Agent } from "node:http";
import { GUARDED_PAGES, OWN_PAGES } from "./support/browser/parts.ts";
import { cookieHeader, rawRequest } from "./support/browser/raw-request.ts";
import { goThroughLogin } from "./support/provider/login-steps.ts";
import { ALICE, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

/** Other ways to write a guarded path. Some of them once bypassed the middleware of a framework. */
const BYPASSES = [
  "/%70rofile",
  "/PROFILE",
  "/Profile",
  "//profile",
  "/./profile",
  "/profile/",
  "/profile/.",
  "/auth/error/../../profile",
  "/auth/error/%2e%2e/%2e%2e/profile",
  "/_next/static/../../profile",
  "/_next/image/../../profile",
  "/icon.svg/../profile",
  "/profile.rsc",
  "/profile.json",
  "/profile.txt",
  "/profile.html",
  "/profile.segments/_tree.segment.rsc",
  "/profile%00",
  "/profile%20",
  "/profile;a=b",
  "/profile%2f",
  "/profile?_rsc=1",
  "/en/profile",
  "/_next/data/development/profile.json",
];

const INTERNAL_HEADERS: Record<string, string>[] = [
  { "x-middleware-subrequest": "middleware:middleware:middleware:middleware:middleware" },
  { "x-middleware-subrequest": "src/middleware:src/middleware:src/middleware:src/middleware" },
  { "x-middleware-subrequest": "pages/_middleware" },
  { "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy" },
  { "x-middleware-next": "1" },
  { "x-middleware-rewrite": "/profile" },
  { "x-middleware-invoke": "1", "x-invoke-path": "/profile", "x-invoke-status": "200" },
  { "x-invoke-path": "/", "x-matched-path": "/", "x-now-route-matches": "1" },
  { "x-nextjs-data": "1" },
  { "x-middleware-prefetch": "1" },
  { "x-prerender-revalidate": "1" },
  { rsc: "1", "next-router-state-tree": "%5B%22%22%2C%7B%7D%5D" },
  { rsc: "1", "next-router-segment-prefetch": "/_tree" },
  { "x-original-url": "/profile", "x-rewrite-url": "/profile" },
];

/** Matches texts that only guarded pages contain. */
const GUARDED_TEXT = /ID token claims|Protected message|Admin message|Granted scopes|This is protected/;

/** Methods and headers. The last two requests have the form of server actions, which the middleware lets through. */
const WAYS_TO_ASK: [method: string, headers: Record<string, string>][] = [
  ["GET", {}],
  ["HEAD", {}],
  ["POST", {}],
  ["POST", { "content-type": "multipart/form-data; boundary=b" }],
  ["POST", { "next-action": "0".repeat(42), "content-type": "text/plain", "sec-fetch-dest": "empty" }],
];

test("no alternative spelling of a guarded path shows any part of the page [C6, A7]", async ({
  stack,
  allowedInLog,
}) => {
  allowedInLog.push(/Failed to find Server Action/);
  for (const path of BYPASSES.flatMap((one) => OWN_PAGES.map((page) => one.replace("/profile", page)))) {
    for (const [method, headers] of WAYS_TO_ASK) {
      const asked = `${method} ${path} with ${JSON.stringify(headers)}`;
      const { status, text } = await rawRequest(stack.app, path, { method, headers });
      expect(text, asked).not.toMatch(GUARDED_TEXT);
      expect([303, 307, 308, 400, 401, 404, 405, 409], asked).toContain(status);
    }
  }
  expect(stack.api.counts.protected).toBe(0);
});

test("no internal header of Next.js bypasses the guard [C6, A7, K8]", async ({ stack }) => {
  for (const headers of INTERNAL_HEADERS) {
    for (const path of [...GUARDED_PAGES, "/api/data", "/?_rsc=1"]) {
      const { status, text } = await rawRequest(stack.app, path, { headers });
      expect(text, `${path} with ${JSON.stringify(headers)}`).not.toMatch(GUARDED_TEXT);
      if (path !== "/?_rsc=1") expect([307, 400, 401, 404]).toContain(status);
    }
  }
  expect(stack.api.counts.protected + stack.api.counts.admin).toBe(0);
});

test("no Host or forwarding header changes a URL that the app generates [C1]", async ({ request, stack }) => {
  const spoofs: Record<string, string>[] = [
    { host: "evil.test" },
    { host: `evil.test:${stack.app.port}` },
    { "x-forwarded-host": "evil.test" },
    { "x-forwarded-host": "evil.test", "x-forwarded-proto": "https", "x-forwarded-port": "443" },
    { forwarded: "host=evil.test;proto=https" },
    { "x-original-host": "evil.test", "x-host": "evil.test" },
  ];
  await logInByRequest(request);
  const cookie = await cookieHeader(request);
  for (const spoof of spoofs) {
    for (const path of [
      "/profile",
      "/auth/login",
      "/auth/signup",
      "/auth/callback?code=1",
      "/nothing",
      "/profile/",
    ]) {
      const { headers, text } = await rawRequest(stack.app, path, { headers: spoof });
      expect(JSON.stringify(headers) + text, `${path} with ${JSON.stringify(spoof)}`).not.toContain("evil");
    }
    const me = await rawRequest(stack.app, "/profile", { headers: { ...spoof, cookie } });
    expect(me.text).not.toContain("evil");
  }
  const logOut = await rawRequest(stack.app, "/auth/logout", { headers: { host: "evil.test", cookie } });
  expect(logOut.headers.location).toContain(encodeURIComponent(`${stack.app.url}/`));
  expect(logOut.headers.location).not.toContain("evil");
});

test("headers that only the middleware may set have no effect if a visitor sends them [A9]", async ({
  request,
  stack,
}) => {
  await logInByRequest(request);
  const cookie = await cookieHeader(request);
  const forged = {
    "x-request-id": "11111111-2222-3333-4444-555555555555",
    "x-answer-status": "403",
    "x-pathname": "/",
    "x-search": "?evil",
    "content-security-policy": "script-src 'nonce-forged'",
  };
  const profile = await rawRequest(stack.app, "/profile", { headers: { ...forged, cookie } });
  expect(profile.status).toBe(200);
  expect(profile.text).not.toContain("forged");
  expect(profile.headers["content-security-policy"]).not.toContain("forged");
  expect(profile.text).toMatch(/<a aria-current="page" href="\/profile"/);
  const login = await rawRequest(stack.app, "/profile", { headers: forged });
  expect(login.headers.location).not.toContain("evil");
  const unavailable = await rawRequest(stack.app, "/unavailable", {
    headers: { ...forged, "x-answer-status": "503" },
  });
  expect(unavailable.status).toBe(404); // only the middleware shows this page, while the store is unavailable
  await rawRequest(stack.app, "/auth/callback?code=1", { headers: forged });
  expect((await stack.app.log.caughtUp()).text).not.toContain("11111111-2222-3333-4444-555555555555");
});

test("a form of 100 KB or 1 MB that is posted to the callback is rejected, and the next request is served [A4]", async ({
  stack,
}) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (const path of ["/auth/callback", "/callback"]) {
      for (const length of [100_000, 1_000_000]) {
        const answer = await rawRequest(stack.app, path, {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: `code=${"x".repeat(length)}`,
          agent,
        });
        expect([answer.status, answer.headers.location]).toEqual([303, `${path}?`]);
        expect((await rawRequest(stack.app, "/auth/me", { agent })).status).toBe(401);
      }
    }
  } finally {
    agent.destroy();
  }
});

test("pages and routes answer a posted form of 100 KB or 1 MB in the same way as a short form", async ({
  request,
  stack,
}) => {
  await logInByRequest(request);
  const cookie = await cookieHeader(request);
  const field = (value: string) =>
    `--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n${value}\r\n--x--\r\n`;
  for (const path of ["/", "/profile", "/nothing", "/auth/me", "/api/data"]) {
    const answers = [1, 100_000, 1_000_000].map((length) =>
      rawRequest(stack.app, path, {
        method: "POST",
        headers: { "content-type": "multipart/form-data; boundary=x", cookie },
        body: field("x".repeat(length)),
      }),
    );
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses, path).toEqual(Array(3).fill(statuses[0]));
    expect(statuses[0], path).toBeLessThan(500);
  }
  expect((await stack.app.log.caughtUp()).text).not.toContain("Request body exceeded");
});

test("the redirect to the login keeps the query of a guarded page, even if it contains a backslash [A7]", async ({
  stack,
}) => {
  const { headers } = await rawRequest(stack.app, "/profile?path=C:\\temp&b=1");
  const login = new URL(headers.location ?? "", stack.app.url);
  expect(login.searchParams.get("returnTo")).toBe("/profile?path=C:%5Ctemp&b=1");
});

test("OPTIONS on a page or a route returns the allowed methods", async ({ stack }) => {
  for (const path of ["/", "/profile", "/auth/error", "/nothing", "/auth/me", "/auth/login", "/login"]) {
    const { status, headers } = await rawRequest(stack.app, path, { method: "OPTIONS" });
    expect([status, headers.allow], path).toEqual([204, expect.stringMatching(/\bGET\b.*\bOPTIONS\b/)]);
  }
});

test("Next.js's messages about rejected requests are logged as JSON", async ({ allowedInLog, stack }) => {
  allowedInLog.push(/router state header/);
  const from = (await stack.app.log.caughtUp()).lines.length;
  const router = { rsc: "1", "next-router-state-tree": "[" };
  const { headers } = await rawRequest(stack.app, "/auth/error", { headers: router });
  await rawRequest(stack.app, headers.location ?? "", { headers: router });
  await rawRequest(stack.app, "/auth/error", { method: "POST", headers: { "next-action": "x" }, body: "1" });
  const reported = () => stack.app.log.having({ level: "error", step: "Next.js" });
  await expect.poll(() => reported().length).toBeGreaterThanOrEqual(2);
  for (const line of stack.app.log.lines.slice(from)) expect(line).toMatch(/^\{"level":.*\}$/);
});

test("a returnTo or a query of 8 KB causes no server error [A7]", async ({ request, stack }) => {
  const long = "x".repeat(8_192);
  for (const path of [`/auth/login?returnTo=/${long}`, `/?${long}`, `/auth/error?reason=${long}`]) {
    expect((await request.get(path, { maxRedirects: 0 })).status(), path.slice(0, 30)).toBeLessThan(400);
  }
  expect(await goThroughLogin(request, stack.app, `/profile?${long}`)).toMatch(/^http.*interaction/);
  await logInByRequest(request);
  expect(await goThroughLogin(request, stack.app, `/auth/login?returnTo=/profile%3F${long}`)).toBe(
    "/profile",
  );
  const callback = await request.get(`/auth/callback?code=${long}&state=${long}`);
  expect(new URL(callback.url()).pathname).toBe("/auth/error");
  expect((await (await request.get("/auth/me")).json()).user.name).toBe(ALICE.name);
});

test("TRACE and invalid percent-encodings are refused with security headers and without an error in the log", async ({
  stack,
}) => {
  const answers = [
    await rawRequest(stack.app, "/", { method: "TRACE" }),
    ...(await Promise.all(
      ["/profile/%ff", "/%zz", "/auth/error/%ff?x=1"].map((path) => rawRequest(stack.app, path)),
    )),
  ];
  expect(answers.map(({ status }) => status)).toEqual([405, 400, 400, 400]);
  for (const { headers } of answers) {
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
  }
});
