import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { guideSettings } from "@/dev/doctor/test-stage.ts";
import { readSettings } from "@/lib/settings.ts";
import { ENVIRONMENT, freshProcess } from "../../testing/fresh-process.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const guide = read("docs/providers.md");

/** The guide's sections about providers; `id` is the anchor above the heading. */
const sections = guide
  .split(/^(?=<a id=")/m)
  .slice(1)
  .map((text) => ({ id: /^<a id="([^"]+)">/.exec(text)?.[1] ?? "", text }));

test("the provider guide has a section for each provider", () => {
  expect(sections.map(({ id }) => id)).toEqual([
    "auth0",
    "civic",
    "consentkeys",
    "keycloak",
    "entra",
    "entra-multi",
    "google",
    "okta",
    "cognito",
    "zitadel",
    "logto",
    "authentik",
  ]);
});

describe.each(sections)("the provider guide's settings for $id", ({ id, text }) => {
  const settings = guideSettings(id);

  test("the app accepts the settings", () => {
    const { OIDC_ISSUER, ...others } = ENVIRONMENT;
    expect(readSettings({ ...others, ...settings }).oidc.issuer).toBe(settings.OIDC_ISSUER);
  });

  test("every setting is in .env.example", () => {
    const known = [...read(".env.example").matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(known).toEqual(expect.arrayContaining(Object.keys(settings)));
  });

  test("each value is in quotes if a shell requires quotes", () => {
    const unquoted = [...text.matchAll(/^OIDC_[A-Z_]+=([^"\n]*)$/gm)].map(([, value]) => value);
    expect(unquoted.filter((value) => /[\s&?#$]/.test(value ?? ""))).toEqual([]);
  });

  test("the section names its sources", () => {
    expect(text).toMatch(/^Sources:\n\[.+\]\(https:\/\//m);
  });
});

test("every link within the provider guide has a target", () => {
  const headings = [...guide.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
  const anchors = [...headings, ...sections.map(({ id }) => id)];
  for (const [, anchor] of guide.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
});

test("the README links to every provider's section", () => {
  const linked = [...read("README.md").matchAll(/\(docs\/providers\.md#([^)]+)\)/g)].map(([, id]) => id);
  expect(linked).toEqual(expect.arrayContaining(sections.map(({ id }) => id)));
});

/** Loads the app with the guide's settings. All endpoints are set, so that the app needs no discovery. */
async function appFor(id: string) {
  const settings = guideSettings(id);
  const { OIDC_ISSUER = "" } = settings;
  freshProcess({
    OIDC_AUTHORIZATION_ENDPOINT: `${OIDC_ISSUER}/authorize`,
    OIDC_TOKEN_ENDPOINT: `${OIDC_ISSUER}/token`,
    OIDC_JWKS_URI: `${OIDC_ISSUER}/jwks`,
    ...settings,
  });
  return {
    ...(await import("@/lib/auth/provider/index.ts")),
    ...(await import("@/lib/auth/login.ts")),
  };
}

test.each([
  ["civic", { prompt: "consent" }, { screen_hint: "signup" }],
  ["google", { access_type: "offline", prompt: "consent" }, {}],
  ["logto", { prompt: "consent" }, { first_screen: "register" }],
  ["zitadel", {}, { prompt: "create" }],
] as const)(
  "the app sends the guide's parameters for %s at a login and at a signup",
  async (id, login, signup) => {
    const { newLogin } = await appFor(id);
    const hints = ["access_type", "prompt", "screen_hint", "first_screen"];
    const asked = async (intent: "login" | "signup") => {
      const { location } = await newLogin(new URLSearchParams(), intent);
      return Object.fromEntries([...location.searchParams].filter(([name]) => hints.includes(name)));
    };
    expect(await asked("login")).toEqual(login);
    expect(await asked("signup")).toEqual({ ...login, ...signup });
  },
);

test("a logout at Cognito sends each of Cognito's parameters exactly once", async () => {
  const { endSessionUrl } = await appFor("cognito");
  const url = await endSessionUrl({ post_logout_redirect_uri: "http://localhost:4040/" });
  expect(url?.searchParams.getAll("logout_uri")).toEqual(["http://localhost:4040/"]);
  expect(url?.searchParams.getAll("client_id")).toEqual(["…"]);
});
