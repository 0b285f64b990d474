import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { guideSection, guideSettings } from "@/dev/doctor/test-stage.ts";
import { PROVIDERS, recogniseProvider } from "./presets.ts";

const guide = readFileSync(path.resolve(import.meta.dirname, "../../../docs/providers.md"), "utf8");

test("the table of presets has every provider of the guide exactly once", () => {
  const ids = [...guide.matchAll(/^<a id="(.+)"><\/a>\n\n## /gm)].map(([, id]) => id);
  expect(ids.length).toBe(11);
  expect(PROVIDERS.map(({ id }) => id).sort()).toEqual(ids.sort());
});

test.each(PROVIDERS)("the guide has a section about $name", ({ id, name }) => {
  expect(guideSection(id)).toContain(`## ${name}\n`);
});

/** Returns the field at the end of a path through a console; an empty list if the path ends at "your …". */
function fieldOf(place: string): string[] {
  const field =
    place
      .replace(/ \(.*/, "")
      .split(/ → |, and /)
      .at(-1)
      ?.split(", ")[0] ?? "";
  return field.startsWith("your ") ? [] : [field];
}

test.each(PROVIDERS)(
  "the guide and the table use the same names for the fields in the console of $name",
  (preset) => {
    const fields = Object.values(preset.console).flatMap((place) => (place ? fieldOf(place) : []));
    const section = guideSection(preset.id);
    expect(fields.filter((field) => !section.includes(field))).toEqual([]);
    expect(fields.length).toBeGreaterThan(3);
  },
);

/** For each value in the table of presets: a pattern for the text in the overview of the provider guide. */
const AT_A_GLANCE = {
  audience: {
    audience: /^`OIDC_AUDIENCE`$/,
    resource: /^`OIDC_RESOURCE`$/,
    scope: /^a scope$/,
    console: /^(a mapper|the authorization server|the client ID)$/,
    none: /^no$/,
  },
  refresh: {
    offline_access: /^`offline_access`$/,
    "offline_access and prompt=consent": /^`offline_access` and `prompt=consent`$/,
    "access_type=offline": /^`access_type=offline`$/,
    nothing: /^always$/,
    undocumented: /^not documented$/,
  },
  logOut: {
    standard: /^yes$/,
    id_token_hint: /^yes$/,
    "own parameters": /^by a setting$/,
    none: /^(none|if discovery announces it)$/,
  },
} as const;

test.each(PROVIDERS)("the guide's overview and the table of presets agree about $name", (preset) => {
  const row = guide.split("\n").find((line) => line.startsWith("| [") && line.includes(`](#${preset.id})`));
  const [, , audience = "", refresh = "", logOut = ""] = row?.split("|").map((cell) => cell.trim()) ?? [];
  expect(audience).toMatch(AT_A_GLANCE.audience[preset.audience.by]);
  expect(refresh).toMatch(AT_A_GLANCE.refresh[preset.refresh.by]);
  expect(logOut).toMatch(AT_A_GLANCE.logOut[preset.logOut.by]);
});

// part: fapi
test("the guide names the providers that accept a key instead of a secret", () => {
  const paragraph = /^\*\*A key instead of a secret\*\*.*?\n\n/ms.exec(guide)?.[0] ?? "";
  const [takers = "", others = ""] = paragraph.split("accept one");
  for (const { name, clientKey } of PROVIDERS) {
    expect(takers.includes(name), name).toBe(clientKey.by === "registration");
    if (clientKey.by === "registration") expect(others).not.toContain(name);
  }
});
// end part: fapi

test.each(PROVIDERS)("the doctor recognises $name by its issuer", (preset) => {
  expect(recogniseProvider(guideSettings(preset.id).OIDC_ISSUER ?? "")).toBe(preset);
});

test.each([
  ["auth0", { mfa_challenge_endpoint: "https://login.example.com/mfa/challenge" }],
  ["keycloak", { authorization_endpoint: "https://login.example.com/protocol/openid-connect/auth" }],
  ["okta", { authorization_endpoint: "https://login.example.com/oauth2/default/v1/authorize" }],
  ["okta", { authorization_endpoint: "https://login.example.com/oauth2/v1/authorize" }],
  ["zitadel", { authorization_endpoint: "https://login.example.com/oauth/v2/authorize" }],
  ["logto", { scopes_supported: ["openid", "urn:logto:scope:organizations"] }],
  ["authentik", { authorization_endpoint: "https://login.example.com/application/o/authorize/" }],
])("the doctor recognises %s at a custom domain by its discovery document", (id, metadata) => {
  expect(recogniseProvider("https://login.example.com", metadata)?.id).toBe(id);
});

test.each([
  ["https://idp.example.com", {}],
  ["https://auth0.com.example.com", {}],
  ["https://example.com/okta.com", { authorization_endpoint: "https://example.com/authorize" }],
  ["http://localhost:9090", { authorization_endpoint: "http://localhost:9090/auth" }],
])("the doctor recognises no provider from the issuer %s", (issuer, metadata) => {
  expect(recogniseProvider(issuer, metadata)).toBeNull();
});
