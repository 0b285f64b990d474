import { expect, test } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { endElsewhere, openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import { type ExpiringSet, sharedState } from "../shared-state.ts";

test("a process remembers 200,000 revoked sessions, and then forgets those that expire first", async () => {
  freshProcess({ SESSION_MAX_AGE: "1000" });
  const { createSession } = await import("./session.ts");
  const session = createSession(tokenSet(), null);
  const jar = new FakeCookieJar();
  await startSession(jar, session);
  await endElsewhere(session);
  const revoked = sharedState("revoked sessions", (): ExpiringSet => expect.fail("none was revoked"));
  for (let id = revoked.size; id < 200_000; id += 1) revoked.add(String(id), session.expiresAt + 1);
  expect(await openSession(jar)).toBeNull();
  revoked.add("one more", session.expiresAt + 1);
  expect(await openSession(jar)).toMatchObject({ id: session.id });
  expect(revoked.size).toBeLessThanOrEqual(200_000);
});
