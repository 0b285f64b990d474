import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import type { Session } from "../session.ts";

let lib: typeof import("../current-user.ts");
let session: Session;

beforeEach(async () => {
  freshProcess();
  lib = await import("../current-user.ts");
  const { createSession } = await import("../session.ts");
  session = createSession(tokenSet(), null);
});

/** The headers of a request, as the page sees them. */
const headersOf = (requestId: string, cookie: string | null) =>
  new Headers({ "x-request-id": requestId, ...(cookie === null ? {} : { cookie }) });

const remember = (requestId: string, found: Session | null) =>
  lib.rememberSession(requestId, new Headers({ cookie: "a=1" }), found);

describe("the session that the middleware passes to the page", () => {
  test("the page gets the session from the middleware, although it is in another bundle", async () => {
    remember("r1", session);
    vi.resetModules();
    const page = await import("../current-user.ts");
    expect(page.takeSession(headersOf("r1", "a=1"))).toBe(session);
  });

  test("the page gets null if the middleware found no session, and undefined if it did not look", () => {
    remember("r1", null);
    expect(lib.takeSession(headersOf("r1", "a=1"))).toBeNull();
    expect(lib.takeSession(headersOf("r2", "a=1"))).toBeUndefined();
    lib.rememberSession("r3", new Headers(), null);
    expect(lib.takeSession(headersOf("r3", null))).toBeNull();
  });

  test.each(["a=2", "a=1; b=2", "", null])(
    "a request with the id of another request, but with the cookies %j, does not get the session",
    (cookie) => {
      remember("r1", session);
      expect(lib.takeSession(headersOf("r1", cookie))).toBeUndefined();
    },
  );

  test("takeSession returns undefined for a request that did not go through the middleware", () => {
    expect(lib.takeSession(new Headers())).toBeUndefined();
  });

  test("takeSession returns a session once, and only to the request that it belongs to", () => {
    remember("r1", session);
    expect(lib.takeSession(headersOf("r1", "a=2"))).toBeUndefined();
    expect(lib.takeSession(headersOf("r1", "a=1"))).toBe(session);
    expect(lib.takeSession(headersOf("r1", "a=1"))).toBeUndefined();
  });

  test("only the sessions of the last 200 requests are kept, because a session may have 250 KB", () => {
    for (let number = 0; number <= 200; number += 1) remember(`r${number}`, session);
    expect(lib.takeSession(headersOf("r0", "a=1"))).toBeUndefined();
    expect(lib.takeSession(headersOf("r200", "a=1"))).toBe(session);
  });
});
