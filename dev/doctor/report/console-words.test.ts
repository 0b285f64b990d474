import { generateKeyPairSync } from "node:crypto"; // part: fapi
import { afterEach, describe, expect, test, vi } from "vitest";
import { PROVIDERS } from "@/dev/doctor/presets/presets.ts";
import {
  answerWith,
  examineHosted,
  guideSettings,
  type HostedAnswerer,
  json,
  only,
  provider,
} from "@/dev/doctor/test-stage.ts";
import type { CheckName } from "../check.ts";

afterEach(() => vi.unstubAllGlobals());

const BASE = "https://provider.example.com";
// part: fapi
const PRIVATE_KEY = String(
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }),
);
// end part: fapi

/** Runs the doctor, and returns the advice in the finding of this check as one text. */
type Advise = (check: CheckName, changes?: Record<string, string | undefined>) => Promise<string>;

/** Makes the token endpoint, and those in `refusals`, reject requests. @returns a function that gets the advice */
function refusing(id: string, refusals: Record<string, string>): Advise {
  const refuse: HostedAnswerer = ({ pathname }) => {
    const said = refusals[pathname.slice(1)];
    if (pathname === "/token") return json(401, { error: "invalid_client" });
    return said ? json(400, { error: "invalid_request", error_description: said }) : undefined;
  };
  const endpoints = {
    authorization_endpoint: `${BASE}/authorize`,
    token_endpoint: `${BASE}/token`,
    end_session_endpoint: `${BASE}/logout`,
    grant_types_supported: ["authorization_code"],
  };
  answerWith(provider(guideSettings(id).OIDC_ISSUER ?? "", endpoints, refuse));
  return async (check, changes = {}) => {
    const settings = { OIDC_CLIENT_AUTH: undefined, OIDC_END_SESSION_ENDPOINT: `${BASE}/logout` };
    const { status, fix } = only(await examineHosted(id, { ...settings, ...changes }), check);
    expect(status).not.toBe("ok");
    return fix.join("\n");
  };
}

describe.each(PROVIDERS)("the doctor's advice for $name", (preset) => {
  const { id, name, console: place } = preset;

  test("the advice for a rejected callback URL names the field of the URL", async () => {
    const advise = refusing(id, { authorize: "redirect_uri_mismatch" });
    expect(await advise("authentication-request")).toContain(
      `In ${name}, ${place.callbackUrl}: add exactly https://`,
    );
  });

  test("the advice for a rejected client names the field of the client id", async () => {
    const advise = refusing(id, { authorize: "client not found" });
    expect(await advise("authentication-request")).toContain(`In ${name}, ${place.clientId}.`);
  });

  test("the advice for an unknown rejection names the fields of the callback URL and the client id", async () => {
    const advise = refusing(id, { authorize: "computer says no" });
    const fix = await advise("authentication-request");
    expect(fix).toContain(`In ${name}, ${place.callbackUrl}`);
    expect(fix).toContain(`In ${name}, ${place.clientId}.`);
  });

  test("the advice for a rejected scope says where to allow the scope", async () => {
    const advise = refusing(id, { authorize: "invalid_scope: read:nothing" });
    const fix = await advise("scope", { OIDC_SCOPE: "openid read:nothing" });
    expect(fix).toContain(place.scopes ? `In ${name}, ${place.scopes}.` : "Or allow it");
  });

  test("the advice for a rejected secret names the fields of the secret and of the authentication method", async () => {
    const fix = await refusing(id, {})("client-authentication");
    expect(fix).toContain(`In ${name}, ${place.clientSecret}.`);
    expect(fix).toContain(`In ${name}, ${place.clientAuthentication}.`);
  });

  test("the advice for a missing secret names the same two fields", async () => {
    const fix = await refusing(id, {})("client-authentication", { OIDC_CLIENT_SECRET: undefined });
    expect(fix).toContain(`In ${name}, ${place.clientSecret}.`);
    expect(fix).toContain(`Or make the client public: In ${name}, ${place.clientAuthentication}.`);
  });

  // part: fapi
  test("the advice for a rejected key says where to register the key, or what to use instead", async () => {
    const fix = await refusing(id, {})("client-authentication", {
      OIDC_CLIENT_AUTH: "private_key_jwt",
      OIDC_CLIENT_PRIVATE_KEY: PRIVATE_KEY,
    });
    expect(fix).toContain(`${name}: ${preset.clientKey.how}`);
    expect(fix.includes("A PEM contains no key id")).toBe(preset.clientKey.by === "registration");
  });
  // end part: fapi

  test("the advice for a rejected logout URL names the field of the URL, or says that there is none", async () => {
    const fix = await refusing(id, { logout: "post_logout_redirect_uri not registered" })("log-out");
    expect(fix).toContain(
      place.logoutUrl ? `In ${name}, ${place.logoutUrl}: add https://` : `${name}: ${preset.logOut.how}`,
    );
  });

  test("the advice for a rejected audience says what a token for an API requires", async () => {
    const advise = refusing(id, { authorize: "invalid_target" });
    expect(await advise("audience", { OIDC_AUDIENCE: "https://api.example.com" })).toContain(
      `${name}: ${preset.audience.how}`,
    );
  });

  test("the advice about APIs and refresh tokens names a place in the console, or says that there is none", () => {
    if (preset.audience.by !== "none") expect(preset.audience.how).toContain("→");
    expect(preset.refresh.how).toMatch(/→|console needs no further setting/);
  });
});

test.each(PROVIDERS.filter(({ refresh }) => refresh.by !== "nothing"))(
  "if $name announces no refresh tokens, the advice says what they require",
  async ({ id, name, refresh }) => {
    const fix = await refusing(id, {})("refresh-token");
    expect(fix).toContain(`${name}: ${refresh.how}`);
  },
);

test("the advice for a rejected logout at Cognito names logout_uri in the endpoint's URL", async () => {
  const fix = await refusing("cognito", { logout: "logout_uri not registered" })("log-out");
  expect(fix).toContain("Allowed sign-out URLs: add https://app.example.com/");
  expect(fix).toContain("logout_uri=…");
  expect(fix).not.toContain("OIDC_POST_LOGOUT_REDIRECT_URI");
});
