import type { APIRequestContext } from "playwright/test";
import { GUARDED_PAGES, OPEN_PAGES } from "./support/browser/parts.ts";
import { cookieHeader, rawRequest } from "./support/browser/raw-request.ts";
import { ADMIN, logInByRequest, signUp, someoneNew } from "./support/provider/people.ts";
import type { Stack } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

const PAGES = [...OPEN_PAGES, ...GUARDED_PAGES, "/auth/error", "/nothing"];

interface RscAnswer {
  readonly hops: string[];
  readonly status: number;
  readonly text: string;
}

/** Sends a request as Next.js's router does, and follows redirects. A wrong `_rsc` makes the server redirect. */
async function askAsRouter(stack: Stack, path: string, headers: Record<string, string>): Promise<RscAnswer> {
  const hops: string[] = [];
  let url = new URL(path, stack.app.url);
  for (;;) {
    const answer = await rawRequest(stack.app, url.pathname + url.search, { headers });
    const { location } = answer.headers;
    if (location === undefined || hops.length > 5) return { hops, status: answer.status, text: answer.text };
    url = new URL(location, url);
    hops.push(url.href);
    expect(url.origin, `${path} leads a fetch to ${url}`).toBe(stack.app.url);
  }
}

/** The addresses of all scripts and style sheets that a page refers to. */
async function assetsOf(request: APIRequestContext, path: string): Promise<string[]> {
  const html = await (await request.get(path)).text();
  return [...html.matchAll(/\/_next\/static\/[\w./~-]+\.(?:js|css)/g)].map(([asset]) => asset);
}

test("no page, RSC payload, script or JSON answer contains a token or a secret [C15]", async ({
  request,
  stack,
}) => {
  stack.secrets.add(stack.settings.SESSION_SECRET ?? "");
  await logInByRequest(request, ADMIN.email);
  const cookie = await cookieHeader(request);
  const seen = new Map<string, string>();
  for (const path of [...PAGES, "/auth/me", "/api/data"])
    seen.set(path, await (await request.get(path)).text());
  for (const path of PAGES) {
    for (const extra of [{}, { "next-router-prefetch": "1" }]) {
      const { text } = await askAsRouter(stack, path, { cookie, rsc: "1", ...extra });
      seen.set(`the payload of ${path} ${JSON.stringify(extra)}`, text);
    }
  }
  expect(seen.get("the payload of /profile {}")).toContain("ID token claims");
  for (const asset of new Set((await Promise.all(PAGES.map((path) => assetsOf(request, path)))).flat())) {
    const script = await request.get(asset);
    expect(script.status(), asset).toBe(200);
    seen.set(asset, await script.text());
  }
  expect([...seen.keys()].some((name) => name.endsWith(".js"))).toBe(true);
  for (const [where, text] of seen) stack.secrets.expectNoneIn(text, where);
});

test.describe("a fetch by a visitor without a session", () => {
  const FETCHES: Record<string, string>[] = [
    { rsc: "1" },
    { rsc: "1", "next-router-prefetch": "1" },
    { "next-router-prefetch": "1" },
    { "sec-fetch-dest": "empty", "sec-fetch-mode": "cors" },
    { "sec-purpose": "prefetch", "sec-fetch-dest": "document" },
    { "sec-purpose": "prefetch;prerender", "sec-fetch-dest": "document" },
    { purpose: "prefetch" },
  ];
  for (const headers of FETCHES) {
    test(`a fetch with ${JSON.stringify(headers)} is not redirected to the provider and begins no login [A7]`, async ({
      stack,
    }) => {
      for (const path of [...GUARDED_PAGES, "/auth/login", "/login", "/auth/signup", "/signup"]) {
        const { status, text } = await askAsRouter(stack, path, headers);
        expect([400, 401], path).toContain(status);
        expect(text).not.toMatch(/ID token claims|Admin message/);
      }
    });
  }

  test("a script that fetches a guarded page gets 401, so that Next.js's router loads the page in full [A7]", async ({
    stack,
  }) => {
    for (const path of GUARDED_PAGES) {
      const { status, headers, text } = await rawRequest(stack.app, path, {
        headers: { "sec-fetch-dest": "empty", rsc: "1" },
      });
      expect([status, text, headers.location]).toEqual([401, "", undefined]);
    }
  });
});

for (const name of [
  `</script><img src=x onerror=alert(1)>"'&\\u003cb\\u003e{{7*7}}`,
  "🦊 Füchsin \u202eesrever\u202c مرحبا",
]) {
  test(`a user whose name is ${name} sees the name as plain text [C6, C10]`, async ({ page }) => {
    await signUp(page, someoneNew(name));
    for (const path of ["/", "/profile"]) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toContainText(name);
    }
    const me = await page.request.get("/auth/me");
    expect((await me.json()).user.name).toBe(name);
    expect(me.headers()["content-type"]).toContain("application/json");
  });
}
