import { exportJWK, exportPKCS8, generateKeyPair } from "jose";
import { createClient } from "../dev/provider/provider.ts";
import { SITE } from "../lib/site.ts";
import { expectMessage } from "./demo/message.ts"; // part: demo
import type { AppServer } from "./support/app/server.ts";
import { whoAmI } from "./support/provider/login-steps.ts";
import { withExpiredToken } from "./support/provider/passing-time.ts";
import { ADMIN, ALICE, chooseAtProvider, logOut } from "./support/provider/people.ts";
import type { Stack } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

/** A key's algorithm, its form in `OIDC_CLIENT_PRIVATE_KEY`, and whether the app pushes requests (`OIDC_PAR`). */
interface KeyForm {
  readonly alg: "RS256" | "ES256" | "EdDSA";
  readonly form: "PEM" | "JWK";
  readonly pushed?: boolean;
}

const KEYS: Record<string, KeyForm> = {
  "an RSA key in PEM": { alg: "RS256", form: "PEM" },
  "a P-256 key in a JWK": { alg: "ES256", form: "JWK" },
  "an Ed25519 key in a JWK and pushes its requests": { alg: "EdDSA", form: "JWK", pushed: true },
};

/** A key pair: the public key for the provider, and the private key for `OIDC_CLIENT_PRIVATE_KEY`. */
async function newKey({ alg, form }: KeyForm) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const named = { alg, kid: crypto.randomUUID() };
  return {
    publicJwk: { ...(await exportJWK(publicKey)), ...named, use: "sig" },
    setting:
      form === "PEM"
        ? await exportPKCS8(privateKey)
        : JSON.stringify({ ...(await exportJWK(privateKey)), ...named }),
  };
}

/**
 * Starts an app that authenticates with a key, and registers the public key with the provider.
 * @param setting another private key, which does not match the public key; then the provider rejects the app
 */
async function startWithKey(stack: Stack, kind: KeyForm, setting?: string): Promise<AppServer> {
  const key = await newKey(kind);
  const privateKey = setting ?? key.setting;
  stack.secrets.add(privateKey);
  const id = `${SITE.id}-${crypto.randomUUID()}`;
  return stack.startApp((url) => {
    const authentication = {
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: kind.alg,
      jwks: { keys: [key.publicJwk] },
    } as const;
    stack.provider.addClient(createClient(id, [url], authentication));
    return {
      OIDC_CLIENT_ID: id,
      OIDC_CLIENT_AUTH: "private_key_jwt",
      OIDC_CLIENT_PRIVATE_KEY: privateKey,
      OIDC_PAR: String(kind.pushed ?? false),
    };
  });
}

for (const [what, kind] of Object.entries(KEYS)) {
  test(`a user can log in and out of an app that authenticates with ${what} [C14]`, async ({
    page,
    stack,
  }) => {
    const app = await startWithKey(stack, kind);
    await page.goto(`${app.url}/profile?a=b`);
    await chooseAtProvider(page, ALICE.email);
    await expect(page).toHaveURL(`${app.url}/profile?a=b`);
    await expectMessage(page.request, "protected", app.url); // part: demo

    await logOut(page);
    await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
    expect((await page.request.get(`${app.url}/auth/me`)).status()).toBe(401);
    // The app revokes the refresh token after its response to the logout, so the revocation may come later.
    await expect.poll(() => stack.provider.counts.revocation).toBe(1);
    expect((await app.log.caughtUp()).having({ level: "warn" })).toEqual([]);
  });
}

test("an app that authenticates with a key refreshes an expired access token [C14]", async ({
  request,
  stack,
}) => {
  const app = await startWithKey(stack, { alg: "ES256", form: "JWK" });
  await withExpiredToken(stack, request, { email: ADMIN.email, appUrl: app.url });
  expect(await whoAmI(request, app)).toBe(ADMIN.name);
  await expectMessage(request, "admin", app.url); // part: demo
  expect(stack.provider.counts.token.refresh_token).toBe(1);
});

test("an app whose key the provider does not know logs nobody in, and its log says why [C14]", async ({
  page,
  stack,
}) => {
  const kind: KeyForm = { alg: "ES256", form: "PEM" };
  const stranger = await newKey(kind);
  const app = await startWithKey(stack, kind, stranger.setting);
  await page.goto(`${app.url}/auth/login`);
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL(/\/auth\/error\?reason=provider_error/);
  const told = (await app.log.caughtUp()).having({
    reason: "provider_error",
    providerError: "invalid_client",
  });
  expect(told).toHaveLength(1);
});
