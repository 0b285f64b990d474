/** Tests the example in docs/your-own-pages.md: an account in SQLite for everybody who logs in. */ // part: docs
import type { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { sharedState } from "@/lib/shared-state.ts";

vi.mock("./hooks.ts", () => import("@/e2e/fixture-app/lib/hooks.ts"));
vi.mock("node:sqlite", async (original) => {
  const sqlite = await original<typeof import("node:sqlite")>();
  return {
    ...sqlite,
    DatabaseSync: class extends sqlite.DatabaseSync {
      constructor() {
        super(":memory:");
      }
    },
  };
});

const op = await startScriptedProvider();
let app: AppInProcess;
let accounts: DatabaseSync;

beforeEach(async () => {
  app = await AppInProcess.start(op);
  await app.logIn();
  accounts = sharedState("accounts", () => expect.fail("the hook has opened no database"));
});

test("the example updates a person's account at each login, and counts the logins", async () => {
  op.answers["/userinfo"] = () => ({
    json: { sub: "alice", name: "Alice Brown", email: "brown@example.com" },
  });
  await app.logIn();
  const rows = accounts.prepare("select * from accounts").all();
  expect(rows).toMatchObject([
    { iss: op.issuer, sub: "alice", name: "Alice Brown", email: "brown@example.com", logins: 2 },
  ]);
});

test("the example refuses a person whose account is blocked, and nobody else", async () => {
  accounts.exec("update accounts set blocked = 1");
  expect(await app.logIn()).toBe("/auth/error?reason=access_denied");
  op.claims = { sub: "bob" };
  op.answers["/userinfo"] = () => ({ json: { sub: "bob" } });
  expect(await app.logIn()).toBe("/profile");
});

test("the example adds the claim department to the user, or null if it is not text", async () => {
  const { toUser } = await import("./auth/user/run-hooks.ts");
  const withDepartment = (department: unknown) =>
    toUser({ idTokenClaims: { sub: "alice", department }, userinfo: null });
  expect(withDepartment("sales")).toMatchObject({ sub: "alice", department: "sales" });
  expect(withDepartment(["sales"])).toMatchObject({ department: null });
});
