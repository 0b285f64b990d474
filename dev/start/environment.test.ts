import { describe, expect, it } from "vitest";
import { SITE } from "../../lib/site.ts";
import { appEnvironment, type Environment, makePlan } from "./environment.ts";

const sessionSecret = "a secret for development";

function settingsFor(environment: Environment) {
  return appEnvironment({ mode: "dev", plan: makePlan(environment), environment, sessionSecret });
}

describe("the development settings", () => {
  it("the settings are complete if the developer has set nothing", () => {
    expect(settingsFor({})).toMatchObject({
      PORT: "4040",
      APP_BASE_URL: "http://localhost:4040",
      SESSION_SECRET: sessionSecret,
      OIDC_ISSUER: "http://localhost:9090",
      OIDC_CLIENT_ID: SITE.id,
      OIDC_AUDIENCE: `https://api.${SITE.id}.local`,
      API_SERVER_URL: "http://localhost:6060",
      NODE_ENV: "development",
    });
  });

  it("the app's URL contains the port in PORT", () => {
    expect(settingsFor({ PORT: "4041" })).toMatchObject({
      PORT: "4041",
      APP_BASE_URL: "http://localhost:4041",
    });
  });

  it("a setting of the developer is not overridden", () => {
    const own = { SESSION_SECRET: "own", APP_BASE_URL: "https://app.example.com", OIDC_CLIENT_ID: "own" };
    expect(Object.keys(settingsFor(own))).not.toEqual(expect.arrayContaining(Object.keys(own)));
  });

  it("the developer's own provider is kept, and the message API gets its issuer and audience", () => {
    const environment = { OIDC_ISSUER: "https://idp.example.com", OIDC_AUDIENCE: "https://api.example.com" };
    expect(makePlan(environment)).toMatchObject({
      providerPort: undefined,
      apiPort: 6060,
      issuer: "https://idp.example.com",
      audience: "https://api.example.com",
    });
    expect(Object.keys(settingsFor(environment))).not.toEqual(
      expect.arrayContaining(["OIDC_ISSUER", "OIDC_CLIENT_ID"]),
    );
  });

  it("the message API gets the issuer even if OIDC_ISSUER is the URL of the discovery document", () => {
    const OIDC_ISSUER = "https://idp.example.com/realms/a/.well-known/openid-configuration";
    expect(makePlan({ OIDC_ISSUER }).issuer).toBe("https://idp.example.com/realms/a");
  });

  it("npm run dev starts no message API if API_SERVER_URL names one", () => {
    expect(makePlan({ API_SERVER_URL: "https://api.example.com" })).toMatchObject({
      apiPort: undefined,
      providerPort: 9090,
    });
  });

  it.each(["abc", "0", "65536", "40.5"])("PORT=%s is rejected", (port) => {
    expect(() => makePlan({ PORT: port })).toThrow(`PORT is "${port}"`);
  });

  it("the same port for two servers is rejected", () => {
    expect(() => makePlan({ PORT: "9090" })).toThrow("different ports");
  });
});
