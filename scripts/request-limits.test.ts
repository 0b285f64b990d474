import { createServer } from "node:http";
import { NextRequest } from "next/server";
import { beforeEach, describe, expect, test } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { SITE } from "../lib/site.ts";

const OURS = `__Host-${SITE.id}.`;

let lib: typeof import("./request-limits.ts");

beforeEach(async () => {
  freshProcess();
  lib = await import("./request-limits.ts");
});

const numbered = (count: number, prefix = "") => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

/** A request after the limits were applied to it. */
function limited(url: string, headers: Record<string, string> = {}) {
  const request = { url, headers };
  lib.limitRequest(request);
  return request;
}

describe("the cookies of a request", () => {
  const kept = (...names: string[]) => {
    const surplus = new Set(lib.surplusCookies(names));
    return names.filter((name) => !surplus.has(name));
  };

  test("all cookies are kept if there are only a few", () => {
    const names = [...numbered(14, `${OURS}login.`), `${OURS}session`, ...numbered(30), "theme"];
    expect(kept(...names)).toEqual(names);
  });

  test("a request keeps at most fifty cookies: the app's own, and the newest of all others", () => {
    const own = [`${OURS}session.0`, `${OURS}session.1`, `${OURS}login.a`];
    expect(kept(...own, ...numbered(9_000))).toEqual([...own, ...numbered(9_000).slice(-47)]);
    expect(kept(...numbered(9_000), ...own)).toEqual([...numbered(9_000).slice(-47), ...own]);
  });

  test("a request keeps at most twenty of the app's own cookies: the session cookies and the newest", () => {
    const planted = numbered(992, `${OURS}login.`);
    const fixed = ["session.0", "session.1", "session.2", "session.3", "error"].map((name) => OURS + name);
    expect(kept(...fixed, ...planted, "theme")).toEqual([...fixed, ...planted.slice(-15), "theme"]);
  });

  test("a cookie that the developer has named in YOUR_COOKIES is kept", () => {
    const names = ["theme", "locale", ...numbered(9_000)];
    expect(lib.surplusCookies(names)).toContain("theme");
    expect(lib.surplusCookies(names, ["theme"])).not.toContain("theme");
    expect(lib.surplusCookies(names, ["theme"])).toContain("locale");
  });

  test.each(["\u00a0", "\t"])(
    "a cookie is not mistaken for the app's own if its name begins with %j",
    (space) => {
      const cookie = `a=1; ${space}${OURS}session=planted`;
      const { headers } = limited("/", { cookie });
      expect(headers.cookie).toBe(cookie);
      expect(
        new NextRequest("https://app.example.com", { headers }).cookies.get(`${OURS}session`),
      ).toBeUndefined();
    },
  );

  test("cookies are unchanged unless they are left out", () => {
    expect(limited("/", { cookie: "a=1; b= x=y ;c;  d=%zz" }).headers.cookie).toBe("a=1; b= x=y ; c; d=%zz");
    const many = numbered(9_000, "x").map((name) => `${name}=; `);
    const { cookie } = limited("/", { cookie: `${OURS}session=s; ${many.join("")}theme=dark` }).headers;
    expect(cookie?.split("; ")).toHaveLength(50);
    expect(cookie).toMatch(new RegExp(`^${OURS}session=s; .*; theme=dark$`));
  });

  test("a repeated cookie is kept only once, with its last value", () => {
    const cookie = `${"a=%; ".repeat(9_000)}a=1; b=2`;
    expect(limited("/", { cookie }).headers.cookie).toBe("a=1; b=2");
  });

  test("the middleware also limits cookies, for hosts that do not use npm start", async () => {
    const { middleware } = await import("@/middleware");
    const cookie = `${OURS}session=s; ${numbered(9_000).join("=; ")}`;
    const response = await middleware(
      new NextRequest("https://app.example.com/auth/me", { headers: { cookie } }),
    );
    const handedOn = response.headers.get("x-middleware-request-cookie")?.split("; ");
    expect(handedOn).toHaveLength(50);
    expect(handedOn).toContain(`${OURS}session=s`);
  });
});

describe("a request", () => {
  test("a request keeps at most a thousand query parameters", () => {
    expect(limited("/public").url).toBe("/public");
    expect(limited("/public?").url).toBe("/public?");
    const thousand = numbered(1_000).join("&");
    expect(limited(`/public?${thousand}`).url).toBe(`/public?${thousand}`);
    expect(limited(`/public?${thousand}&last=1&${thousand}`).url).toBe(`/public?${thousand}`);
    expect(limited(`/a&b?${"&".repeat(40_000)}`).url).toBe(`/a&b?${"&".repeat(999)}`);
  });

  test("a request keeps only 1,000 characters of User-Agent, and no router state over 8,000 characters", () => {
    const sent = {
      "user-agent": "Google".repeat(7_000),
      "next-router-state-tree": "[".repeat(8_001),
      a: "b",
    };
    const { headers } = limited("/", sent);
    expect(headers).toEqual({ "user-agent": "Google".repeat(7_000).slice(0, 1_000), a: "b" });
    const usual = { "user-agent": "Mozilla/5.0", "next-router-state-tree": "[".repeat(8_000) };
    expect(limited("/", { ...usual }).headers).toEqual(usual);
  });

  test.each(["request", "upgrade"])(
    "a request is limited before a server handles the event %s",
    async (event) => {
      (await import("./before-nextjs.ts")).runBeforeNext(() => false);
      const server = createServer();
      const request = { url: `/?${"&".repeat(2_000)}`, headers: {} };
      server.once(event, ({ url }) => expect(url).toHaveLength(1_001));
      expect(server.emit(event, request)).toBe(true);
      expect.assertions(2);
    },
  );

  test("a request is limited before a handler answers it, and an answered request does not reach Next.js", async () => {
    const seen: unknown[] = [];
    (await import("./before-nextjs.ts")).runBeforeNext(({ url }) => seen.push(url?.length) === 1);
    const server = createServer(() => seen.push("Next.js"));
    const emit = () => server.emit("request", { url: `/?${"&".repeat(2_000)}`, headers: {} }, {});
    expect([emit(), emit()]).toEqual([true, true]);
    expect(seen).toEqual([1_001, 1_001, "Next.js"]);
  });
});
