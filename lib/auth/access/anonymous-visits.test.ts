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

/** The guard's answer to an anonymous visitor. */
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

describe("an anonymous visitor [A7] [C6]", () => {
  test.each([
    "/profile",
    "/dashboard", // part: demo
    "/protected", // part: demo
    "/admin", // part: demo
    "/profile/",
    "/profile/deeper/still",
  ])("of %s is sent to log in and brought back", (path) => {
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
  ])("of %s passes", (path) => {
    expect(refuse(path)).toBeNull();
  });

  test.each(["/api", "/api/data", "/api/anything/else"])("of %s gets 401 as JSON [K8]", async (path) => {
    const response = refuse(path);
    expect(response?.status).toBe(401);
    expect(await response?.json()).toEqual({ error: "Authentication required" });
    expect(response?.headers.get("cache-control")).toBe("private, no-store");
  });

  test.each([{ rsc: "1" }, { "sec-fetch-dest": "empty" }, { "next-router-prefetch": "1", rsc: "1" }])(
    "whose script asks for a page (%j) is never led to another origin",
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

  test.each(ACTIONS)("reaches a page's server action (%j), which asks for the session itself", (headers) => {
    for (const path of ["/profile", "/admin/deeper?a=1"]) expect(refuse(path, headers, "POST")).toBeNull();
  });

  test.each(ACTIONS)(
    "reaches no route by the headers of an action (%j), and no page by another method",
    (headers) => {
      expect(refuse("/api/data", headers, "POST")?.status).toBe(401);
      for (const method of ["GET", "HEAD", "PUT"])
        expect(refuse("/profile", headers, method)?.status).toBeGreaterThan(300);
    },
  );

  test("who posts to a page something else than an action is sent to log in by GET", () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect([refuse("/profile", form, "POST")?.status, refuse("/profile", form, "HEAD")?.status]).toEqual([
      303, 307,
    ]);
  });

  test("of a page under an odd spelling is sent to no other origin", () => {
    expect(refuse("/profile//evil.com")?.headers.get("location")).toBe(
      "https://app.example.com/auth/login?returnTo=%2Fprofile%2F%2Fevil.com",
    );
  });
});

/** What a visitor gets before Next.js sees the request: null if that is left to the middleware. */
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

describe("before Next.js sees the request, an anonymous visitor", () => {
  const COOKIE = `theme=dark; __Host-${SITE.id}.login.x=y; other.session=1`;

  test.each([
    ["/profile", {}],
    ["/profile?", {}],
    ["/profile?a=1&b=c%20d&returnTo=//evil.com", { cookie: COOKIE }],
    ["/profile?a=%zz&a=%5C&b=/../x;c=(d)*!$,@:?~", { "sec-fetch-dest": "document", purpose: "prefetch" }],
    ["/profile?_rsc=1", { "content-type": "multipart/form-data; boundary=b", "next-action": "00abc" }],
    [`/profile?${"a".repeat(3_000)}`, {}],
  ] as [string, Record<string, string>][])(
    "of %s with %j gets what the middleware answers",
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
    "of %s with %j (%s) is left to the middleware",
    (url, headers, method) => {
      expect(answerEarly(url, headers, method)).toBeNull();
    },
  );
});
