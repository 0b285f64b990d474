import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { SITE } from "../../lib/site.ts";
import { brokerRows, brokerSettings } from "./broker.ts";

async function newFolder(): Promise<string> {
  vi.stubEnv("SESSION_STORE_URL", undefined);
  const root = await mkdtemp(path.join(tmpdir(), "oidc-state-"));
  onTestFinished(() => rm(root, { recursive: true }));
  return root;
}

describe("the token broker in development", () => {
  it("the broker is on without a setting, and keeps sessions in the file sessions.db", async () => {
    const root = await newFolder();
    const settings = brokerSettings(root, {});
    expect(settings).toEqual({
      SESSION_STORE_URL: `sqlite:${path.join(root, "sessions.db")}`,
      BROKER_AUDIENCE: `https://programs.${SITE.id}.local`,
    });
    expect(brokerRows(settings).flat().join(" ")).toContain("npm run program");
  });

  it("the broker uses the developer's own store and audience, and prints no password", async () => {
    const own = { SESSION_STORE_URL: "redis://me:p4ss@localhost", BROKER_AUDIENCE: "own" };
    expect(brokerSettings(await newFolder(), own)).toEqual(own);
    expect(brokerRows(own).flat().join(" ")).not.toContain("p4ss");
  });

  it("the broker is off with the developer's own provider, and in a folder that is not writable", async () => {
    const root = await newFolder();
    expect(brokerSettings(root, { OIDC_ISSUER: "https://idp.example.com" })).toEqual({});
    expect(brokerSettings("/dev/null", {})).toEqual({});
    expect(brokerRows({})).toEqual([]);
  });

  it("the broker is off if SESSION_STORE_URL is empty, which means that sessions are in cookies", async () => {
    const root = await newFolder();
    vi.stubEnv("SESSION_STORE_URL", "");
    expect(brokerSettings(root, {})).toEqual({});
  });
});
