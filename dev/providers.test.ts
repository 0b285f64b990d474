import { readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { readSettings } from "@/lib/settings.ts";
import { guideTo, PROVIDERS, recogniseProvider } from "./providers.ts";

test("the table has the providers that the guide is about, each once", () => {
  const ids = PROVIDERS.map(({ id }) => id);
  expect(ids).toEqual([
    "auth0",
    "civic",
    "consentkeys",
    "keycloak",
    "entra",
    "google",
    "okta",
    "cognito",
    "zitadel",
    "logto",
    "authentik",
  ]);
  expect(PROVIDERS.map(guideTo)).toEqual(ids.map((id) => `docs/providers.md#${id}`));
});

test.each(PROVIDERS)("the settings of $name are ones that the app starts with", ({ settings }) => {
  const { oidc } = readSettings({
    APP_BASE_URL: "https://app.example.com",
    SESSION_SECRET: "a-secret-of-the-tests-0123456789-abc",
    API_SERVER_URL: "https://api.example.com",
    ...settings,
  });
  expect(oidc.issuer).toBe(settings.OIDC_ISSUER);
});

test.each(PROVIDERS)("the settings of $name are those of the guide", (preset) => {
  const guide = readFileSync(path.resolve(import.meta.dirname, "../docs/providers.md"), "utf8");
  const section = guide.split(/^(?=<a id=")/m).find((text) => text.startsWith(`<a id="${preset.id}">`)) ?? "";
  expect(parseEnv(/^```sh\n(.*?)^```$/ms.exec(section)?.[1] ?? "")).toEqual(preset.settings);
  expect(section).toContain(`## ${preset.name}\n`);
});

test.each(PROVIDERS)("$name is told by its issuer", (preset) => {
  expect(recogniseProvider(preset.settings.OIDC_ISSUER ?? "")).toBe(preset);
});

test.each([
  ["auth0", { mfa_challenge_endpoint: "https://login.example.com/mfa/challenge" }],
  ["keycloak", { authorization_endpoint: "https://login.example.com/protocol/openid-connect/auth" }],
  ["okta", { authorization_endpoint: "https://login.example.com/oauth2/default/v1/authorize" }],
  ["okta", { authorization_endpoint: "https://login.example.com/oauth2/v1/authorize" }],
  ["zitadel", { authorization_endpoint: "https://login.example.com/oauth/v2/authorize" }],
  ["logto", { scopes_supported: ["openid", "urn:logto:scope:organizations"] }],
  ["authentik", { authorization_endpoint: "https://login.example.com/application/o/authorize/" }],
])("%s under a domain of somebody's own is told by its discovery document", (id, metadata) => {
  expect(recogniseProvider("https://login.example.com", metadata)?.id).toBe(id);
});

test.each([
  ["https://idp.example.com", {}],
  ["https://auth0.com.example.com", {}],
  ["https://example.com/okta.com", { authorization_endpoint: "https://example.com/authorize" }],
  ["http://localhost:9090", { authorization_endpoint: "http://localhost:9090/auth" }],
])("nobody is made out of %s", (issuer, metadata) => {
  expect(recogniseProvider(issuer, metadata)).toBeNull();
});
