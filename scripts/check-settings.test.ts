import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { LoginError } from "../lib/auth/provider/index.ts";

const getProviderMetadata = vi.hoisted(() => vi.fn<() => Promise<object>>());
vi.mock("../lib/auth/provider/index.ts", async (original) => ({
  ...(await original<object>()),
  getProviderMetadata,
}));

let folder: string; // the folder in which the server starts
const exit = new Error("the process ends");

async function start(settings: Record<string, string | undefined>) {
  freshProcess(settings);
  const said: string[] = [];
  const logged: unknown[] = [];
  vi.spyOn(console, "error").mockImplementation((line) => void said.push(String(line)));
  const exiting = vi.spyOn(process, "exit").mockImplementation(() => {
    throw exit;
  });
  const { log } = await import("../lib/log.ts");
  vi.spyOn(log, "warn").mockImplementation((entry) => void logged.push(entry));
  const { checkSettings } = await import("./check-settings.ts");
  return { checkSettings, said, logged, exiting };
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "oidc-settings-"));
  vi.spyOn(process, "cwd").mockReturnValue(folder);
  getProviderMetadata.mockReset().mockResolvedValue({});
});

afterEach(() => rm(folder, { recursive: true }));

describe("a server that starts [C1]", () => {
  test("the server exits at once with one message if settings are missing", async () => {
    const { checkSettings, said, exiting } = await start({ OIDC_ISSUER: undefined, OIDC_CLIENT_ID: "" });
    await expect(checkSettings()).rejects.toBe(exit);
    expect(exiting).toHaveBeenCalledWith(1);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/OIDC_ISSUER is missing.*\n.*OIDC_CLIENT_ID is missing/);
    expect(getProviderMetadata).not.toHaveBeenCalled();
  });

  test.each([
    ["development", {}, true],
    ["development", { SESSION_SECRET: "first-secret-of-the-tests-0123456789" }, false], // as npm run dev does
    ["production", {}, false],
  ])(
    "in %s with the settings %j, the server says that npm run dev needs no settings: %s",
    async (mode, settings, expected) => {
      const none = { APP_BASE_URL: undefined, SESSION_SECRET: undefined, OIDC_ISSUER: undefined };
      const { checkSettings, said } = await start({ ...none, ...settings, NODE_ENV: mode });
      await expect(checkSettings()).rejects.toBe(exit);
      expect(said[0]?.includes("npm run dev needs no settings")).toBe(expected);
    },
  );

  test("the server exits if a setting that protects logins belongs to an ejected part", async () => {
    const { said } = await start({ OIDC_DPOP: "true" });
    vi.doMock("../lib/settings.ts", async (original) => ({
      ...(await original<object>()),
      SETTING_NAMES: ["OIDC_ISSUER"],
    }));
    vi.resetModules();
    const ejected = await import("./check-settings.ts");
    vi.doUnmock("../lib/settings.ts");
    await expect(ejected.checkSettings()).rejects.toBe(exit);
    expect(said.join()).toContain("OIDC_DPOP has no effect, because the part fapi was ejected.");
  });

  test.each([
    ["production", ".env.local", "utf16le", "\ufeff"],
    ["production", ".env", "utf16le", ""],
    ["production", ".env.production.local", "utf16le", "\ufeff"],
    ["development", ".env.development", "utf16le", "\ufeff"],
  ] as const)(
    "in %s, the server names the file %s in %s and exits, even if all settings are complete",
    async (mode, file, encoding, mark) => {
      const { checkSettings, said } = await start({ NODE_ENV: mode });
      await writeFile(path.join(folder, file), `${mark}OIDC_CLIENT_ID=me\r\n`, encoding);
      await expect(checkSettings()).rejects.toBe(exit);
      expect(said).toEqual([expect.stringContaining(`  ${file} is encoded in UTF-16`)]);
      expect(said[0]).not.toMatch(/missing|npm run dev/);
    },
  );

  test("the server accepts UTF-8 with or without a byte order mark, and does not read files of the other mode", async () => {
    const { checkSettings, exiting } = await start({ NODE_ENV: "production" });
    await writeFile(path.join(folder, ".env.local"), "\ufeffOIDC_CLIENT_SECRET=größe\r\n");
    await writeFile(path.join(folder, ".env"), "OIDC_CLIENT_SECRET=größe\r\n");
    await writeFile(path.join(folder, ".env.development"), "OIDC_CLIENT_ID=me\r\n", "utf16le");
    await checkSettings();
    expect(exiting).not.toHaveBeenCalled();
  });

  // part: store
  describe("with a session store that needs a driver", () => {
    const [postgres, sqlite] = ["postgres://alice:pa55word@db.example.com/hello", "sqlite:data/sessions.db"];
    const missing = () => {
      throw new Error("Cannot find package");
    };
    afterEach(() => void vi.doUnmock("pg"));

    test("the server exits if the driver is not installed, and names the command that installs the driver", async () => {
      vi.doMock("pg", missing);
      const { checkSettings, said, exiting } = await start({ SESSION_STORE_URL: postgres });
      await expect(checkSettings()).rejects.toBe(exit);
      expect(exiting).toHaveBeenCalledWith(1);
      const sentence =
        'SESSION_STORE_URL needs the package pg: run "npm install --save-prod pg", then build the app again.';
      expect(said).toEqual([expect.stringContaining(`1 setting needs your attention.\n  ${sentence}\n`)]);
      expect(said[0]).not.toContain("pa55word");
    });

    test.each([
      ["if the driver is installed", postgres, () => ({ Pool: class {} })],
      ["if the store is SQLite, which needs no driver", sqlite, missing],
    ])("the server starts %s", async (_, url, driver) => {
      vi.doMock("pg", driver);
      const { checkSettings, exiting } = await start({ SESSION_STORE_URL: url });
      await checkSettings();
      expect(exiting).not.toHaveBeenCalled();
    });

    test("the server starts without the driver if the app has passed a client to the store", async () => {
      vi.doMock("pg", missing);
      const { checkSettings, exiting } = await start({ SESSION_STORE_URL: postgres });
      const { provideStoreClient } = await import("../lib/store/open-store.ts");
      const postgresPool = {
        query: async () => ({ rows: [], rowCount: 0 }),
        on: () => {},
        end: async () => {},
      };
      provideStoreClient({ postgres: postgresPool });
      await checkSettings();
      expect(exiting).not.toHaveBeenCalled();
    });
  });
  // end part: store

  test("the server starts with complete settings, and requests the provider's metadata", async () => {
    const { checkSettings, said, exiting } = await start({});
    await checkSettings();
    expect(getProviderMetadata).toHaveBeenCalledOnce();
    expect([said, exiting.mock.calls]).toEqual([[], []]);
  });

  test("the server starts even if the provider is down, and the log says so", async () => {
    getProviderMetadata.mockRejectedValue(new LoginError("provider_unavailable", "down", { issuer: "i" }));
    const { checkSettings, logged, exiting } = await start({});
    await checkSettings();
    await vi.waitUntil(() => logged.length > 0);
    expect(logged).toEqual([{ reason: "provider_unavailable", issuer: "i" }]);
    expect(exiting).not.toHaveBeenCalled();
  });

  test.each([
    [
      "http://app.example.com",
      "OIDC_CLIENT_SERCET",
      [{ appBaseUrl: "http://app.example.com" }, { unknown: ["OIDC_CLIENT_SERCET"] }],
    ],
    ["http://localhost:4040", "OTHER_SECRET", []],
    ["http://localhost", "OTHER_SECRET", []],
    ["https://app.example.com", "SESSION_MANAGER", []], // set by desktops
  ])(
    "a production server at %s with the variable %s logs the warnings %j",
    async (APP_BASE_URL, name, warnings) => {
      const { checkSettings, logged } = await start({ APP_BASE_URL, [name]: "x", NODE_ENV: "production" });
      await checkSettings();
      expect(logged).toEqual(warnings);
    },
  );
});
