import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { DoctorStage, only } from "@/dev/doctor/test-stage.ts";
import { type LocalServer, startLocalServer, unusedOrigin } from "@/dev/testing/local-server.ts";

const BROKER = { SESSION_STORE_URL: "sqlite::memory:", BROKER_AUDIENCE: "api" };

let stage: DoctorStage;
let peer: LocalServer;
let keys: object[];

beforeAll(async () => {
  stage = await DoctorStage.start();
  peer = await startLocalServer(({ path }) =>
    path === "/auth/v2/.well-known/jwks.json" ? { json: { keys } } : { status: 404 },
  );
});
afterAll(async () => {
  await stage.close();
  await peer.close();
});
beforeEach(() => {
  stage.reset();
  keys = [{ kty: "RSA", n: "AQAB", e: "AQAB" }];
});

const examine = async (changes: Record<string, string> = {}) =>
  only(await stage.examine({ ...BROKER, ...changes }), "token-broker");

test("the report has no line about the token broker if the broker is off", async () => {
  expect((await stage.examine()).results["token-broker"]).toEqual([]);
});

test("the report says where programs wait for their code, and whether they need a browser", async () => {
  expect(await examine()).toMatchObject({
    status: "ok",
    seen: "Programs can receive authorization codes at localhost, on port 53100, 53101, 53102, 53103, 53104, 53105. The provider announces no device flow, so a program needs a browser on the same machine.",
  });
  stage.op.metadata.device_authorization_endpoint = `${stage.op.issuer}/device`;
  expect((await examine()).seen).toContain("The provider has a device flow.");
});

test("a broker callback URL that the provider rejects is an error, which names the URL", async () => {
  stage.op.answers["/authorize"] = ({ path }) =>
    path.includes(encodeURIComponent("/auth/v2/callback"))
      ? { status: 400, text: "<p>Invalid parameter: redirect_uri</p>" }
      : { text: "<h1>Log in</h1>" };
  const found = await examine();
  expect(found.status).toBe("error");
  expect(found.seen).toContain("https://app.example.com/auth/v2/callback");
  expect(found.fix.join()).toContain("add exactly https://app.example.com/auth/v2/callback");
});

test("a trusted issuer that publishes an RSA key is ok", async () => {
  expect(await examine({ BROKER_TRUSTED_ISSUERS: peer.origin })).toMatchObject({ status: "ok" });
});

test("a trusted issuer that cannot be reached or publishes no RSA key is a warning", async () => {
  const down = await unusedOrigin();
  const found = await examine({ BROKER_TRUSTED_ISSUERS: down });
  expect(found).toMatchObject({ status: "warning", seen: expect.stringContaining(down) });
  keys = [{ kty: "EC" }];
  expect(await examine({ BROKER_TRUSTED_ISSUERS: peer.origin })).toMatchObject({
    status: "warning",
    seen: expect.stringContaining("publishes no RSA key"),
  });
});

test("redirect ports on which most programs cannot listen are a warning", async () => {
  expect(await examine({ BROKER_REDIRECT_PORTS: "80" })).toMatchObject({ status: "warning" });
});
