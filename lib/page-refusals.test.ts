import { beforeEach, expect, test, vi } from "vitest";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import { createSession } from "./auth/session.ts";
import { isRefused, refuse } from "./page-refusals.ts";

const requestHeaders = vi.hoisted(() => new Headers());
const refusesAdmin = vi.hoisted(() => vi.fn<() => Promise<boolean>>());
vi.mock("next/headers", () => ({ headers: async () => requestHeaders }));
vi.mock("next/navigation", () => ({
  forbidden: () => {
    throw new Error("forbidden");
  },
}));
vi.mock("./messages.ts", () => ({ refusesAdmin }));

beforeEach(() => {
  freshProcess();
  refusesAdmin.mockReset().mockResolvedValue(true);
});

const visit = (pathname: string, method = "GET") => ({ method, pathname, requestId: "r" });

test("isRefused asks only for /admin whether the page is refused, and lets every other page pass", async () => {
  const session = createSession(tokenSet(), null);
  expect(await isRefused(visit("/admin"), session)).toBe(true);
  expect(refusesAdmin).toHaveBeenCalledExactlyOnceWith(session, "r");
  for (const path of ["/", "/administration", "/admin/x", "/constructor"]) {
    expect(await isRefused(visit(path), session)).toBe(false);
  }
  expect(await isRefused(visit("/admin", "POST"), session), "a server action sets its own status").toBe(
    false,
  );
  refusesAdmin.mockResolvedValue(false);
  expect(await isRefused(visit("/admin"), session)).toBe(false);
});

test("refuse returns the page's own text if the status is already 403, and else calls forbidden()", async () => {
  for (const status of [null, "503"]) {
    if (status) requestHeaders.set("x-answer-status", status);
    expect(await thrownBy(refuse("the panel"))).toMatchObject({ message: "forbidden" });
  }
  requestHeaders.set("x-answer-status", "403");
  expect(await refuse("the panel")).toBe("the panel");
});
