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

describe("who makes a request", () => {
  test("is known to the page that follows the middleware, whose bundle is another one", async () => {
    remember("r1", session);
    vi.resetModules();
    const page = await import("../current-user.ts");
    expect(page.takeSession(headersOf("r1", "a=1"))).toBe(session);
  });

  test("may be nobody, which is known as well", () => {
    remember("r1", null);
    expect(lib.takeSession(headersOf("r1", "a=1"))).toBeNull();
    expect(lib.takeSession(headersOf("r2", "a=1"))).toBeUndefined();
    lib.rememberSession("r3", new Headers(), null);
    expect(lib.takeSession(headersOf("r3", null))).toBeNull();
  });

  test.each(["a=2", "a=1; b=2", "", null])(
    "is not told to somebody who has learnt the request's id, but sends the cookies %j",
    (cookie) => {
      remember("r1", session);
      expect(lib.takeSession(headersOf("r1", cookie))).toBeUndefined();
    },
  );

  test("is nobody known where the middleware was not asked", () => {
    expect(lib.takeSession(new Headers())).toBeUndefined();
  });

  test("is forgotten once the page has asked, and by nobody else's asking: no session is kept for nothing", () => {
    remember("r1", session);
    expect(lib.takeSession(headersOf("r1", "a=2"))).toBeUndefined();
    expect(lib.takeSession(headersOf("r1", "a=1"))).toBe(session);
    expect(lib.takeSession(headersOf("r1", "a=1"))).toBeUndefined();
  });

  test("is remembered for the last requests only, where no page asks: a session may have 250 KB", () => {
    for (let number = 0; number <= 200; number += 1) remember(`r${number}`, session);
    expect(lib.takeSession(headersOf("r0", "a=1"))).toBeUndefined();
    expect(lib.takeSession(headersOf("r200", "a=1"))).toBe(session);
  });
});
