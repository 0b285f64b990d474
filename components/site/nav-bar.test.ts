import { renderToStaticMarkup } from "react-dom/server";
import { beforeEach, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";
import type { Session } from "@/lib/auth/session.ts";

const getSession = vi.hoisted(() => vi.fn<() => Promise<Session | null>>());
vi.mock("next/headers", () => ({ headers: async () => new Headers() }));
vi.mock("@/lib/auth/current-user", () => ({
  getSession,
  getUser: async () => ({ sub: "alice", name: "Alice", email: null, picture: null }),
}));
vi.mock("@/lib/site", () => ({
  SITE: {
    name: "App",
    navigation: [
      { href: "/all", label: "All", audience: "everybody" },
      { href: "/mine", label: "Mine", audience: "logged-in" },
      { href: "/reports", label: "Reports", audience: "logged-in", role: "editor" },
    ],
  },
}));

beforeEach(() => freshProcess());

/** The tabs that a visitor sees. @param claims of the ID token; null without a session */
async function tabs(claims: object | null): Promise<string[]> {
  const { createSession } = await import("@/lib/auth/session.ts");
  const { NavBar } = await import("./nav-bar.tsx");
  const idToken = unsignedJwt({ sub: "alice", ...claims });
  getSession.mockResolvedValue(claims && createSession(tokenSet({ idToken }), null));
  const html = renderToStaticMarkup(await NavBar());
  return [...html.matchAll(/<li><a[^>]*>([^<]+)</g)].map(([, label = ""]) => label);
}

test("a tab that requires a role is shown only to users with the role, because others would get a 403", async () => {
  expect(await tabs(null)).toEqual(["All"]);
  expect(await tabs({ roles: ["staff"] })).toEqual(["All", "Mine"]);
  expect(await tabs({ roles: ["staff", "editor"] })).toEqual(["All", "Mine", "Reports"]);
});
