import { describe, expect, test, vi } from "vitest";
import { freshProcess, startScriptedProvider } from "@/dev/testing/fresh-process.ts";

const op = await startScriptedProvider();

async function load(settings: Record<string, string> = {}) {
  freshProcess({ OIDC_ISSUER: op.issuer, ...settings });
  return import("./metadata.ts");
}

describe("the origins of the provider's pages", () => {
  test("are the issuer's at first, without waiting, then also the end-session endpoint's", async () => {
    op.metadata = { end_session_endpoint: "https://logout.example.com/end?a=b" };
    const { providerOrigins, knownProviderMetadata } = await load();
    expect(providerOrigins()).toEqual([op.issuer]);
    await vi.waitUntil(() => knownProviderMetadata());
    expect(providerOrigins()).toEqual([op.issuer, "https://logout.example.com"]);
  });

  test("are named once if they are the same", async () => {
    op.metadata = { end_session_endpoint: `${op.issuer}/logout` };
    const { providerOrigins, getProviderMetadata } = await load();
    await getProviderMetadata();
    expect(providerOrigins()).toEqual([op.issuer]);
  });

  test("are also another site's where a logout ends there, or browsers would not leave the provider", async () => {
    const { providerOrigins } = await load({ OIDC_POST_LOGOUT_REDIRECT_URI: "https://www.example.com/bye" });
    expect(providerOrigins()).toEqual([op.issuer, "https://www.example.com"]);
  });

  test("are the issuer's while the provider is unavailable, and no rejection is unhandled", async () => {
    op.answers["/.well-known/openid-configuration"] = () => ({ status: 500 });
    const { providerOrigins, getProviderMetadata } = await load();
    expect(providerOrigins()).toEqual([op.issuer]);
    await getProviderMetadata().catch(() => undefined);
    expect(providerOrigins()).toEqual([op.issuer]);
  });

  test.each([null, "", "/logout", "not a url", 42, {}, "data:x"])(
    "are the issuer's if the document's end_session_endpoint is %j, which is not a URL to log out at",
    async (end_session_endpoint) => {
      op.metadata = { end_session_endpoint };
      const { providerOrigins, getProviderMetadata } = await load();
      await getProviderMetadata().catch(() => undefined);
      expect(providerOrigins()).toEqual([op.issuer]);
    },
  );
});
