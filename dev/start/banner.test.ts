import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { SITE } from "../../lib/site.ts";
import { banner } from "./banner.ts";
import { type Environment, makePlan } from "./environment.ts";

const said = (environment: Environment) =>
  stripVTControlCharacters(banner(makePlan(environment), environment));

describe("the banner", () => {
  it("the banner shows the URL and the demo people, without a warning", () => {
    const text = said({});
    for (const part of [
      "http://localhost:4040",
      "alice@example.com",
      "admin@example.com",
      "http://localhost:9090",
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain("OIDC_");
  });

  it.each([
    [{ OIDC_CLIENT_ID: "mine" }, "OIDC_CLIENT_ID set without OIDC_ISSUER"],
    [{ OIDC_CLIENT_SECRET: "mine" }, "OIDC_CLIENT_SECRET set without OIDC_ISSUER"],
    [
      { OIDC_CLIENT_ID: "mine", OIDC_CLIENT_SECRET: "mine" },
      "OIDC_CLIENT_ID and OIDC_CLIENT_SECRET set without OIDC_ISSUER",
    ],
  ])(
    "the banner warns about %j, because no user could log in at the embedded provider",
    (environment, warning) => {
      expect(said(environment)).toContain(warning);
    },
  );

  it("the banner does not warn about a client of the embedded provider, or of the developer's own provider", () => {
    const known = { OIDC_CLIENT_ID: `${SITE.id}-confidential`, OIDC_CLIENT_SECRET: "its secret" };
    const own = {
      OIDC_ISSUER: "https://idp.example.com",
      OIDC_CLIENT_ID: "mine",
      OIDC_CLIENT_SECRET: "mine",
    };
    for (const environment of [known, own])
      expect(said(environment)).not.toContain("set without OIDC_ISSUER");
  });

  it("the banner warns if the message API will reject the tokens of the developer's own provider", () => {
    expect(said({ OIDC_ISSUER: "https://idp.example.com" })).toContain("OIDC_AUDIENCE is not set");
  });
});
