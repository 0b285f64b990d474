import type { APIRequestContext } from "playwright/test";
import { cookieHeader, type RawAnswer, rawRequest } from "./support/browser/raw-request.ts";
import { logInByRequest } from "./support/provider/people.ts";
import type { Stack } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

/** Paths, with the status that a logged-in user without permissions gets. */
const PAGES: [path: string, status: number][] = [
  ["/", 200],
  ["/public", 200], // part: demo
  ["/profile", 200],
  ["/dashboard", 200], // part: demo
  ["/protected", 200], // part: demo
  ["/admin", 403], // part: demo
  ["/auth/error?reason=access_denied", 200],
  ["/nothing-here", 404],
  ["/auth/nothing", 404],
  ["/profile.txt", 404],
  ["/icon.svg-that-is-none", 404],
];

async function visit(stack: Stack, request: APIRequestContext, path: string): Promise<RawAnswer> {
  return rawRequest(stack.app, path, { headers: { cookie: await cookieHeader(request) } });
}

/** Returns the values of each directive of a Content-Security-Policy, by the name of the directive. */
function directives(answer: RawAnswer): Map<string, string[]> {
  const policy = String(answer.headers["content-security-policy"] ?? "");
  return new Map(
    policy.split(";").map((directive) => {
      const [name = "", ...values] = directive.trim().split(/\s+/);
      return [name, values];
    }),
  );
}

test("every page has a Content-Security-Policy with a new nonce, and all its scripts carry this nonce [C9]", async ({
  request,
  stack,
}) => {
  await logInByRequest(request);
  const nonces = new Set<string>();
  for (const [path, status] of [...PAGES, ...PAGES]) {
    await test.step(path, async () => {
      const answer = await visit(stack, request, path);
      expect(answer.status).toBe(status);
      const policy = directives(answer);
      const scripts = policy.get("script-src") ?? [];
      expect(scripts.join(" ")).not.toMatch(/unsafe-inline|unsafe-eval|https?:|\*/);
      const nonce = /^'nonce-([\w+/=]{16,})'$/.exec(scripts.find((one) => one.includes("nonce")) ?? "")?.[1];
      expect(nonce, "a nonce").toBeDefined();
      expect(nonces.has(nonce ?? ""), "a new nonce").toBe(false);
      nonces.add(nonce ?? "");
      expect(policy.get("style-src")).toEqual(["'self'"]);
      expect(policy.get("style-src-attr")).toEqual(["'unsafe-inline'"]);
      expect(policy.get("default-src")).toEqual(["'self'"]);
      expect(policy.get("frame-ancestors")).toEqual(["'none'"]);
      expect(policy.get("object-src")).toEqual(["'none'"]);
      expect(policy.get("base-uri")).toEqual(["'none'"]);
      expect(policy.get("form-action")).toEqual(["'self'", stack.provider.issuer]);
      for (const [tag] of answer.text.matchAll(/<script\b[^>]*>/g)) expect(tag).toContain(`nonce="${nonce}"`);
      expect(answer.text).not.toMatch(/<[a-z][^>]*\s(style|on\w+)=/i);
    });
  }
});

test("the Content-Security-Policy allows style attributes and blocks style elements [C9]", async ({
  page,
  watch,
}) => {
  watch.allow(/Content Security Policy/);
  await page.goto("/");
  const seen = await page.evaluate(() => {
    const markup = '<p id="probe" style="outline: 3px solid"></p><style>#probe { border: 5px solid }</style>';
    document.body.insertAdjacentHTML("beforeend", markup);
    const { outlineWidth, borderTopWidth } = getComputedStyle(
      document.querySelector("#probe") ?? document.body,
    );
    return { outlineWidth, borderTopWidth };
  });
  expect(seen).toEqual({ outlineWidth: "3px", borderTopWidth: "0px" });
});

test("every answer has nosniff, a strict Referrer-Policy and a Permissions-Policy [C9]", async ({
  request,
  stack,
}) => {
  await logInByRequest(request);
  const routes = ["/auth/me", "/api/data", "/auth/login", "/auth/signup", "/auth/callback", "/api/nothing"];
  for (const path of [...PAGES.map(([page]) => page), ...routes]) {
    const { headers } = await visit(stack, request, path);
    expect(headers, path).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": expect.stringMatching(
        /^(same-origin|no-referrer|strict-origin(-when-cross-origin)?)$/,
      ),
      "permissions-policy": expect.stringContaining("camera=()"),
    });
    expect(headers["x-powered-by"], path).toBeUndefined();
    expect(headers["strict-transport-security"], path).toBeUndefined();
    expect(headers["access-control-allow-origin"], path).toBeUndefined();
  }
});

test("every answer of the login routes, to any method and query, has all security headers and is not cached [C9]", async ({
  stack,
}) => {
  const steps = ["login", "signup", "callback", "logout"];
  for (const path of steps.flatMap((step) => [`/auth/${step}`, `/${step}`])) {
    const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"];
    const queries = ["returnTo=//evil.example", "error=x&state=y", "code=1&state=y", "code=1&code=2", "%"];
    const requests = methods.map((method) => ({ method, target: path }));
    requests.push(...queries.map((query) => ({ method: "GET", target: `${path}?${query}` })));
    for (const { method, target } of requests) {
      const asked = `${method} ${target}`;
      const { headers } = await rawRequest(stack.app, target, { method });
      expect(headers, asked).toMatchObject({
        "content-security-policy": expect.stringContaining("default-src 'none'"),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": expect.stringContaining("camera=()"),
        "cache-control": "private, no-store",
      });
    }
  }
});

test("caches may not store an answer that depends on the session [C9, K7]", async ({ request, stack }) => {
  const paths = [
    ...PAGES.map(([path]) => path),
    "/auth/me",
    "/api/data",
    "/auth/login",
    "/auth/callback?code=1",
  ];
  const expectNotStored = async (path: string) => {
    const { headers } = await visit(stack, request, path);
    expect(headers["cache-control"], path).toContain("no-store");
    expect(headers["cache-control"], path).not.toMatch(/public|s-maxage/);
  };
  for (const path of paths) await expectNotStored(path);
  await logInByRequest(request);
  for (const path of [...paths, "/auth/logout"]) await expectNotStored(path);
});
