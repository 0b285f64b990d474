import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { NextRequest } from "next/server";
import { beforeEach, describe, expect, test } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { SITE } from "../../site.ts";

let lib: typeof import("./anonymous-visits.ts");
let early: typeof import("../../../scripts/before-nextjs.ts");

beforeEach(async () => {
  freshProcess();
  lib = await import("./anonymous-visits.ts");
  early = await import("../../../scripts/before-nextjs.ts");
});

/** The guard's answer to an anonymous visitor, or null if the request may pass. */
function refuse(url: string, headers: Record<string, string> = {}, method = "GET"): Response | null {
  const { pathname, search } = new URL(url, "https://app.example.com");
  return lib.refuseAnonymous({
    method,
    pathname,
    search,
    headers: new Headers(headers),
    requestId: "r",
  });
}

describe("the guard and an anonymous visitor [A7] [C6]", () => {
  test.each([
    "/profile",
    "/dashboard", // part: demo
    "/protected", // part: demo
    "/admin", // part: demo
    "/profile/",
    "/profile/deeper/still",
  ])("an anonymous visitor of %s is redirected to the login, with the page as returnTo", (path) => {
    const response = refuse(`${path}?a=1&b=c%20d`);
    expect(response?.status).toBe(307);
    const location = new URL(response?.headers.get("location") ?? "");
    expect(location.origin + location.pathname).toBe("https://app.example.com/auth/login");
    expect(location.searchParams.get("returnTo")).toBe(`${path}?a=1&b=c%20d`);
    expect(response?.headers.get("cache-control")).toBe("private, no-store");
  });

  test.each([
    "/",
    "/public",
    "/auth/login",
    "/auth/error",
    "/auth/me",
    "/login",
    "/profiles",
    "/adminx",
    "/apis",
  ])("the guard lets an anonymous visitor open %s", (path) => {
    expect(refuse(path)).toBeNull();
  });

  test.each(["/api", "/api/data", "/api/anything/else"])(
    "an anonymous request for %s gets 401 in JSON [K8]",
    async (path) => {
      const response = refuse(path);
      expect(response?.status).toBe(401);
      expect(await response?.json()).toEqual({ error: "Authentication required" });
      expect(response?.headers.get("cache-control")).toBe("private, no-store");
    },
  );

  test.each([{ rsc: "1" }, { "sec-fetch-dest": "empty" }, { "next-router-prefetch": "1", rsc: "1" }])(
    "an anonymous script that fetches a page (%j) gets 401 and no redirect",
    async (headers) => {
      const response = refuse("/profile", headers as Record<string, string>);
      expect(response?.status).toBe(401);
      expect(response?.headers.get("location")).toBeNull();
      expect(await response?.text()).toBe("");
    },
  );

  const FORM = "multipart/form-data; boundary=b";
  const ACTIONS: Record<string, string>[] = [
    {
      "next-action": "00abc",
      accept: "text/x-component",
      "sec-fetch-dest": "empty",
      "content-type": "text/plain",
    },
    { "next-action": "00abc", "sec-fetch-dest": "empty", "content-type": FORM },
    { "sec-fetch-dest": "document", "content-type": FORM },
  ];

  test.each(ACTIONS)(
    "the guard lets the request of a server action (%j) pass, because the action checks the session",
    (headers) => {
      for (const path of ["/profile", "/admin/deeper?a=1"]) expect(refuse(path, headers, "POST")).toBeNull();
    },
  );

  test.each(ACTIONS)(
    "headers of a server action (%j) open neither an API route nor a page with GET, HEAD or PUT",
    (headers) => {
      expect(refuse("/api/data", headers, "POST")?.status).toBe(401);
      for (const method of ["GET", "HEAD", "PUT"])
        expect(refuse("/profile", headers, method)?.status).toBeGreaterThan(300);
    },
  );

  test("an anonymous POST of an ordinary form is redirected with 303, so the browser opens the login by GET", () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect([refuse("/profile", form, "POST")?.status, refuse("/profile", form, "HEAD")?.status]).toEqual([
      303, 307,
    ]);
  });

  test("a path that contains a foreign host is redirected to this app's login, not to that host", () => {
    expect(refuse("/profile//evil.com")?.headers.get("location")).toBe(
      "https://app.example.com/auth/login?returnTo=%2Fprofile%2F%2Fevil.com",
    );
  });
});

/** The redirect that is sent before Next.js sees the request, or null if the request is left to the middleware. */
function answerEarly(url: string, headers: Record<string, string>, method = "GET") {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { url, method, headers });
  const response = new ServerResponse(request);
  if (!early.redirectAnonymous(request, response)) return null;
  expect(response.writableEnded).toBe(true);
  const [, ...lines] = String(Reflect.get(response, "_header")).trim().split("\r\n");
  const pairs = lines.map((line) => line.split(/: (.*)/s, 2)).filter(([name = ""]) => /^[a-z]/.test(name));
  return { status: response.statusCode, headers: Object.fromEntries(pairs) };
}

describe("the redirect of an anonymous visitor before Next.js sees the request", () => {
  const COOKIE = `theme=dark; __Host-${SITE.id}.login.x=y; other.session=1`;

  test.each([
    ["/profile", {}],
    ["/profile?", {}],
    ["/profile?a=1&b=c%20d&returnTo=//evil.com", { cookie: COOKIE }],
    ["/profile?a=%zz&a=%5C&b=/../x;c=(d)*!$,@:?~", { "sec-fetch-dest": "document", purpose: "prefetch" }],
    ["/profile?_rsc=1", { "content-type": "multipart/form-data; boundary=b", "next-action": "00abc" }],
    [`/profile?${"a".repeat(3_000)}`, {}],
  ] as [string, Record<string, string>][])(
    "a request for %s with %j gets the same redirect as from the middleware",
    async (url, headers) => {
      const { middleware } = await import("@/middleware");
      const later = await middleware(new NextRequest(new URL(url, "http://localhost:4040"), { headers }));
      expect(later.status).toBe(307);
      expect(answerEarly(url, headers)).toEqual({ status: 307, headers: Object.fromEntries(later.headers) });
    },
  );

  const SESSION = `a=1; __Host-${SITE.id}.session.0=x`;
  test.each([
    ["/profile", { cookie: SESSION }],
    ["/profile", { rsc: "1" }],
    ["/profile", { rsc: "" }],
    ["/profile", { "sec-fetch-dest": "empty" }],
    ["/profile", { "sec-fetch-dest": "iframe" }],
    ["/profile", {}, "HEAD"],
    ["/profile", {}, "POST"],
    ["/profile/", {}],
    ["//profile", {}],
    ["/profile/deeper", {}],
    ["/Profile", {}],
    ["/%70rofile", {}],
    ["http://localhost/profile", {}],
    ["/profile#x", {}],
    ["/profile?a=\\evil.com", {}],
    ["/profile?a='", {}],
    ["/profile?a=ü", {}],
    ["/", {}],
    ["/nothing-here", {}],
    ["/api/data", {}],
    ["/auth/login", {}],
    ["/auth/me", {}],
  ] as [string, Record<string, string>, string?][])(
    "a request for %s with %j (method: %s) is left to the middleware",
    (url, headers, method) => {
      expect(answerEarly(url, headers, method)).toBeNull();
    },
  );
});
