import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { NONCE, ScriptedProvider } from "@/dev/testing/scripted-provider.ts";

let op: ScriptedProvider;

beforeAll(async () => {
  op = await ScriptedProvider.start();
});
afterAll(() => op.close());
beforeEach(() => op.reset());

/** How the client proves who it is at the token endpoint, where discovery lists these methods. */
async function proof(methods: string[] | undefined, settings: Record<string, string> = {}) {
  op.metadata = { token_endpoint_auth_methods_supported: methods };
  freshProcess({ OIDC_ISSUER: op.issuer, ...settings });
  const { exchangeCode } = await import("./token-requests.ts");
  await exchangeCode(op.callback(), { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) });
  const request = op.requestTo("/token");
  const body = new URLSearchParams(request?.body);
  expect(body.get("code_verifier")).toBe("v".repeat(43)); // PKCE always
  const [scheme, credentials] = request?.headers.authorization?.split(" ") ?? [];
  if (scheme === "Basic")
    return `basic ${atob(credentials ?? "")
      .split(":")
      .map(formDecoded)
      .join(" ")}`;
  return body.has("client_secret") ? `post ${body.get("client_secret")}` : `none ${body.get("client_id")}`;
}

/** RFC 6749, appendix B */
const formDecoded = (text: string) => decodeURIComponent(text.replaceAll("+", " "));

const secret = { OIDC_CLIENT_SECRET: "s3cr+t: ü" };
const basic = "basic the-client s3cr+t: ü";
const post = "post s3cr+t: ü";

describe("the client at the token endpoint [C14]", () => {
  test("without a secret proves nothing: PKCE does", async () => {
    expect(await proof(["client_secret_post"])).toBe("none the-client");
  });

  test("posts its secret where the provider takes that, whatever comes first in the list", async () => {
    expect(await proof(["client_secret_basic", "client_secret_post"], secret)).toBe(post);
  });

  test("sends it as Basic where the provider takes that alone, percent-encoded (RFC 6749, 2.3.1)", async () => {
    expect(await proof(["client_secret_basic", "private_key_jwt"], secret)).toBe(basic);
  });

  test("sends it as Basic where the provider lists nothing", async () => {
    expect(await proof(undefined, secret)).toBe(basic);
  });

  test("and where the list is there, but empty", async () => {
    expect(await proof([], secret)).toBe(basic);
  });

  test.each([
    ["client_secret_basic", basic],
    ["client_secret_post", post],
    ["none", "none the-client"],
  ])("does as OIDC_CLIENT_AUTH=%s says, whatever the list", async (method, expected) => {
    expect(await proof(["private_key_jwt"], { ...secret, OIDC_CLIENT_AUTH: method })).toBe(expected);
  });

  test("says so where the provider takes no secret at all", async () => {
    expect(await thrownBy(proof(["private_key_jwt"], secret))).toMatchObject({
      reason: "configuration",
      detail: { offered: ["private_key_jwt"] },
    });
  });
});
