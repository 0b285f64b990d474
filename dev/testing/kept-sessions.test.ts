import { describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "./cookie-jar.ts";
import { openSession, sessionCookie } from "./kept-sessions.ts";
import { freshProcessWith, STORAGES } from "./storages.ts";

vi.mock("next/headers", () => ({}));

const PERSON = { email: "robin@example.com", name: "Robin Doe", roles: ["editor"] };

describe.each(STORAGES)(
  "a session cookie from the test helper sessionCookie, with sessions in %s",
  (storage) => {
    test("the cookie opens a session of the person, with every claim that the test specifies", async () => {
      freshProcessWith(storage);
      const pairs = (await sessionCookie(PERSON))
        .split("; ")
        .map((pair) => pair.split("=") as [string, string]);
      const session = await openSession(new FakeCookieJar(pairs));
      expect(session?.idTokenClaims).toMatchObject({ sub: PERSON.email, ...PERSON });
      expect(session?.refreshToken).toBeNull();
    });

    test("the cookie does not work in an app with another SESSION_SECRET", async () => {
      freshProcessWith(storage);
      const pairs = (await sessionCookie(PERSON))
        .split("; ")
        .map((pair) => pair.split("=") as [string, string]);
      freshProcessWith(storage, { SESSION_SECRET: "another-secret-of-the-tests-0123456789" });
      expect(await openSession(new FakeCookieJar(pairs))).toBeNull();
    });
  },
);
