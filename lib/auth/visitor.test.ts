import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import type { Session } from "./session-data.ts";

let lib: typeof import("./visitor.ts");
let session: Session;

beforeEach(async () => {
  freshProcess();
  lib = await import("./visitor.ts");
  const { createSession, toSession } = await import("./session-data.ts");
  session = toSession(createSession(tokenSet(), null));
});

const jarWith = (value: string) => new FakeCookieJar([["__Host-hello-oidc.session", value]]);

describe("who makes a request", () => {
  test("is known to the page that follows the middleware, whose bundle is another one", async () => {
    lib.rememberVisitor("r1", jarWith("a"), session);
    vi.resetModules();
    const page = await import("./visitor.ts");
    expect(page.visitorOf("r1", jarWith("a"))).toBe(session);
  });

  test("may be nobody, which is known as well", () => {
    lib.rememberVisitor("r1", jarWith("a"), null);
    expect(lib.visitorOf("r1", jarWith("a"))).toBeNull();
    expect(lib.visitorOf("r2", jarWith("a"))).toBeUndefined();
  });

  test("is not told to somebody who has learnt the request's id, but has other cookies", () => {
    lib.rememberVisitor("r1", jarWith("a"), session);
    for (const jar of [jarWith("b"), jarWith(""), new FakeCookieJar()]) {
      expect(lib.visitorOf("r1", jar)).toBeUndefined();
    }
  });

  test("is remembered for the last requests only: memory does not grow", () => {
    for (let number = 0; number <= 1_000; number += 1)
      lib.rememberVisitor(`r${number}`, jarWith("a"), session);
    expect(lib.visitorOf("r0", jarWith("a"))).toBeUndefined();
    expect(lib.visitorOf("r1000", jarWith("a"))).toBe(session);
  });
});
