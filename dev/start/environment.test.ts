import { describe, expect, it } from "vitest";
import { SITE } from "../../lib/site.ts";
import { appEnvironment, type Environment, makePlan } from "./environment.ts";

const sessionSecret = "a secret for development";

function settingsFor(environment: Environment) {
  return appEnvironment({ mode: "dev", plan: makePlan(environment), environment, sessionSecret });
}

describe("the development settings", () => {
  it("are complete if the user has set nothing", () => {
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

  it("follow PORT", () => {
    expect(settingsFor({ PORT: "4041" })).toMatchObject({
      PORT: "4041",
      APP_BASE_URL: "http://localhost:4041",
    });
  });

  it("override nothing that the user has set", () => {
    const own = { SESSION_SECRET: "own", APP_BASE_URL: "https://app.example.com", OIDC_CLIENT_ID: "own" };
    expect(Object.keys(settingsFor(own))).not.toEqual(expect.arrayContaining(Object.keys(own)));
  });

  it("leave the client and the audience unchanged with the user's own provider, whose tokens the message API accepts", () => {
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

  it("give the message API the issuer if OIDC_ISSUER is the URL of the discovery document", () => {
    const OIDC_ISSUER = "https://idp.example.com/realms/a/.well-known/openid-configuration";
    expect(makePlan({ OIDC_ISSUER }).issuer).toBe("https://idp.example.com/realms/a");
  });

  it("start no message API in addition to the user's own", () => {
    expect(makePlan({ API_SERVER_URL: "https://api.example.com" })).toMatchObject({
      apiPort: undefined,
      providerPort: 9090,
    });
  });

  it.each(["abc", "0", "65536", "40.5"])("reject %s as PORT", (port) => {
    expect(() => makePlan({ PORT: port })).toThrow(`PORT is "${port}"`);
  });

  it("need different ports", () => {
    expect(() => makePlan({ PORT: "9090" })).toThrow("different ports");
  });
});
