import { globSync } from "node:fs";
import path from "node:path";
import { getURLFromRedirectError } from "next/dist/client/components/redirect";
import { isRedirectError } from "next/dist/client/components/redirect-error";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcessWith, STORAGES } from "@/dev/testing/storages.ts";
import { routeOf } from "@/lib/auth/routes.ts";

/** Imitates a request without a session, and without the headers that the middleware sets. */
vi.mock("next/headers", () => ({
  headers: async () => new Headers(),
  cookies: async () => ({ get: () => undefined, getAll: () => [], set: () => undefined }),
}));

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Finds the pages or routes in this folder that need a session according to the table in `lib/auth/routes.ts`. */
function guarded(kind: "page" | "route") {
  return globSync(`**/${kind}.{ts,tsx,js,jsx}`, { cwd: import.meta.dirname })
    .map((file) => ({ file: path.join(import.meta.dirname, file), ...address(path.dirname(file)) }))
    .filter(({ url }) => !/^(open|session)$/.test(routeOf(url)?.access ?? "user"));
}

/** @returns the path at which Next.js serves a folder. Each parameter has its own name as its value. */
function address(folder: string) {
  const segments = folder.split(path.sep).filter((segment) => !/^[(@.]/.test(segment));
  const parameters = segments.flatMap((segment) => [...segment.matchAll(/^\[+(\.{3})?(\w+)\]+$/g)]);
  return {
    url: `/${segments.map((segment) => segment.replace(/[[\].]/g, "")).join("/")}`,
    params: Object.fromEntries(parameters.map(([, rest, name = ""]) => [name, rest ? [name] : name])),
  };
}

describe.each(STORAGES)("a request that bypasses the middleware, with sessions in %s", (storage) => {
  beforeEach(() => freshProcessWith(storage));

  test.each(guarded("page"))(
    "the page $url redirects the request to the login [A7, C6]",
    async ({ file, url, params }) => {
      const { default: Page } = await import(file);
      const props = { params: Promise.resolve(params), searchParams: Promise.resolve({}) };
      const outcome = await Promise.resolve(props)
        .then(Page)
        .catch((thrown: unknown) => (isRedirectError(thrown) ? getURLFromRedirectError(thrown) : thrown));
      const advice = `call requireUser("${url}") there, or list the page as open in lib/auth/routes.ts`;
      expect(outcome, advice).toBe(`/auth/login?${new URLSearchParams({ returnTo: url })}`);
    },
  );

  test.each(guarded("route"))("the route $url answers 401 [C6, K8]", async ({ file, url, params }) => {
    const route = await import(file);
    const methods = METHODS.filter((method) => method in route);
    expect(methods).not.toEqual([]);
    for (const method of methods) {
      const request = new Request(`https://app.example.com${url}`, { method });
      const { status } = await route[method](request, { params: Promise.resolve(params) });
      const advice = `make ${method} with requireUserInRoute, or list the path as open in lib/auth/routes.ts`;
      expect(status, advice).toBe(401);
    }
  });
});
