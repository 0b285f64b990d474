import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { LoginError } from "./auth/errors.ts";

const getProviderMetadata = vi.hoisted(() => vi.fn<() => Promise<object>>());
vi.mock("./auth/provider.ts", () => ({ getProviderMetadata }));

const exit = new Error("the process ends");

async function start(settings: Record<string, string | undefined>) {
  freshProcess(settings);
  const said: string[] = [];
  const logged: unknown[] = [];
  vi.spyOn(console, "error").mockImplementation((line) => void said.push(String(line)));
  const exiting = vi.spyOn(process, "exit").mockImplementation(() => {
    throw exit;
  });
  const { log } = await import("./log.ts");
  vi.spyOn(log, "warn").mockImplementation((entry) => void logged.push(entry));
  const { checkSettings } = await import("./check-settings.ts");
  return { checkSettings, said, logged, exiting };
}

beforeEach(() => {
  getProviderMetadata.mockReset().mockResolvedValue({});
});

describe("a server that starts [C1]", () => {
  test("ends at once with one message where settings are missing", async () => {
    const { checkSettings, said, exiting } = await start({ OIDC_ISSUER: undefined, OIDC_CLIENT_ID: "" });
    expect(checkSettings).toThrow(exit);
    expect(exiting).toHaveBeenCalledWith(1);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/OIDC_ISSUER is missing.*\n.*OIDC_CLIENT_ID is missing/);
    expect(getProviderMetadata).not.toHaveBeenCalled();
  });

  test("starts with complete settings, and has a look at the provider", async () => {
    const { checkSettings, said, exiting } = await start({});
    checkSettings();
    expect(getProviderMetadata).toHaveBeenCalledOnce();
    expect([said, exiting.mock.calls]).toEqual([[], []]);
  });

  test("starts also while the provider is down, and the log says so", async () => {
    getProviderMetadata.mockRejectedValue(new LoginError("provider_unavailable", "down", { issuer: "i" }));
    const { checkSettings, logged, exiting } = await start({});
    checkSettings();
    await vi.waitUntil(() => logged.length > 0);
    expect(logged).toEqual([{ reason: "provider_unavailable", issuer: "i" }]);
    expect(exiting).not.toHaveBeenCalled();
  });
});
