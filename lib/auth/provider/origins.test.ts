import { describe, expect, test, vi } from "vitest";
import { freshProcess, startScriptedProvider } from "@/dev/testing/fresh-process.ts";

const op = await startScriptedProvider();

async function load(settings: Record<string, string> = {}) {
  freshProcess({ OIDC_ISSUER: op.issuer, ...settings });
  return import("./metadata.ts");
}

describe("providerOrigins, the origins to which a logout redirects", () => {
  test("providerOrigins has the issuer's origin at first, and the end-session endpoint's once it is known", async () => {
    op.metadata = { end_session_endpoint: "https://logout.example.com/end?a=b" };
    const { providerOrigins, knownProviderMetadata } = await load();
    expect(providerOrigins()).toEqual([op.issuer]);
    await vi.waitUntil(() => knownProviderMetadata());
    expect(providerOrigins()).toEqual([op.issuer, "https://logout.example.com"]);
  });

  test("providerOrigins names the same origin only once", async () => {
    op.metadata = { end_session_endpoint: `${op.issuer}/logout` };
    const { providerOrigins, getProviderMetadata } = await load();
    await getProviderMetadata();
    expect(providerOrigins()).toEqual([op.issuer]);
  });

  test("providerOrigins includes the site where a logout ends, or browsers would block that redirect", async () => {
    const { providerOrigins } = await load({ OIDC_POST_LOGOUT_REDIRECT_URI: "https://www.example.com/bye" });
    expect(providerOrigins()).toEqual([op.issuer, "https://www.example.com"]);
  });

  test("providerOrigins has the issuer's origin while the provider is unavailable", async () => {
    op.answers["/.well-known/openid-configuration"] = () => ({ status: 500 });
    const { providerOrigins, getProviderMetadata } = await load();
    expect(providerOrigins()).toEqual([op.issuer]);
    await getProviderMetadata().catch(() => undefined);
    expect(providerOrigins()).toEqual([op.issuer]);
  });

  test.each([null, "", "/logout", "not a url", 42, {}, "data:x"])(
    "providerOrigins has the issuer's origin if end_session_endpoint is %j, which is not a web address",
    async (end_session_endpoint) => {
      op.metadata = { end_session_endpoint };
      const { providerOrigins, getProviderMetadata } = await load();
      await getProviderMetadata().catch(() => undefined);
      expect(providerOrigins()).toEqual([op.issuer]);
    },
  );
});
