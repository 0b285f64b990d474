import { describe, expect, test } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import type { Purpose } from "./secrets.ts";

const OLD = "old-secret-of-the-tests-0123456789abc";
const NEW = "new-secret-of-the-tests-0123456789abc";
const THIRD = "third-secret-of-the-tests-0123456789a";

/** Seals and opens as a server does that was started with these secrets. */
async function server(...secrets: string[]) {
  freshProcess({ SESSION_SECRET: secrets.join(",") });
  const { seal, unseal } = await import("./session.ts");
  return {
    seal: (purpose: Purpose = "session") => seal(purpose, { hello: "world" }, 60),
    opens: async (sealed: string, purpose: Purpose = "session") =>
      (await unseal(purpose, sealed)).hello === "world",
  };
}

describe("changing SESSION_SECRET", () => {
  test("a new secret put in front seals, the old one still opens", async () => {
    const before = await (await server(OLD)).seal();
    const rotating = await server(NEW, OLD);
    expect(await rotating.opens(before)).toBe(true);
    expect(await (await server(NEW)).opens(await rotating.seal())).toBe(true);
    expect(await (await server(OLD)).opens(await rotating.seal())).toBe(false);
  });

  test("an old secret taken away at the end opens no more, the rest does", async () => {
    const [byOld, byNew] = [await (await server(OLD)).seal(), await (await server(NEW, OLD)).seal()];
    const after = await server(NEW);
    expect(await after.opens(byOld)).toBe(false);
    expect(await after.opens(byNew)).toBe(true);
  });

  test("the order of the others does not matter", async () => {
    const sealed = await (await server(THIRD, OLD)).seal();
    for (const secrets of [[NEW, OLD, THIRD], [NEW, THIRD, OLD], [THIRD]]) {
      expect(await (await server(...secrets)).opens(sealed)).toBe(true);
    }
  });

  test("another secret opens nothing", async () => {
    const sealed = await (await server(OLD)).seal();
    expect(await (await server(NEW, THIRD)).opens(sealed)).toBe(false);
  });

  test("two servers with the same secret open each other's cookies", async () => {
    const sealed = await (await server(OLD)).seal();
    expect(await (await server(OLD)).opens(sealed)).toBe(true);
  });
});

describe("each purpose has keys of its own", () => {
  test("a sealed login cannot be read as a session, nor the other way round", async () => {
    const { seal, opens } = await server(OLD, NEW);
    expect(await opens(await seal("transaction"), "transaction")).toBe(true);
    expect(await opens(await seal("transaction"), "session")).toBe(false);
    expect(await opens(await seal("session"), "transaction")).toBe(false);
  });

  test("no password is the secret itself or holds it", async () => {
    freshProcess({ SESSION_SECRET: `${OLD},${NEW}` });
    const { passwordsFor } = await import("./secrets.ts");
    const all = (["session", "transaction"] as const).map((purpose) => passwordsFor(purpose));
    expect(JSON.stringify(all)).not.toMatch(/secret-of-the-tests/);
    expect(all.map(({ sealing }) => Object.keys(sealing).length)).toEqual([1, 1]);
    expect(all.map(({ opening }) => Object.keys(opening).length)).toEqual([2, 2]);
    const passwords = all.flatMap(({ opening }) => Object.values(opening));
    expect(new Set(passwords).size).toBe(4);
  });
});
