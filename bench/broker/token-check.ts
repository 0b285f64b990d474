/**
 * What it costs to check an access token of the token broker, beside opening a session. One process does both, with the
 * app's own code; nothing else must run on the machine.
 *
 *   node bench/broker/token-check.ts [--times N]
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { FakeCookieJar } from "../../dev/testing/cookie-jar.ts";
import { SITE } from "../../lib/site.ts";
import { quantile } from "../statistics.ts";

const { values } = parseArgs({ options: { times: { type: "string", default: "2000" } } });

Object.assign(process.env, {
  APP_BASE_URL: "http://localhost:4040",
  SESSION_SECRET: randomBytes(32).toString("base64url"),
  OIDC_ISSUER: "http://localhost:9090",
  OIDC_CLIENT_ID: SITE.id,
  SESSION_STORE_URL: "sqlite::memory:",
  BROKER_AUDIENCE: "https://programs.example.com",
});
const { issueAccessToken, verifyAccessToken } = await import("../../lib/auth/broker/access-token.ts");
const { createSession } = await import("../../lib/auth/session.ts");
const { sessions } = await import("../../lib/auth/session-storage.ts");

const person = { preferred_username: "alice", email: "alice@example.com", roles: [] };
const grant = { sub: "alice", scope: "openid profile email", person, program: "program" };
const { accessToken } = await issueAccessToken(grant);
const jar = await jarWithSession();

const rows = [
  ["check an access token (no store access)", () => verifyAccessToken(accessToken)],
  ["issue an access token", () => issueAccessToken(grant)],
  ["open a session of the store again", () => sessions().open(jar)],
] as const;
for (const [what, work] of rows) console.log(what.padEnd(42), `${(await median(work)).toFixed(0)} µs`);

/** Microseconds; the median, because the first ones compile. */
async function median(work: () => Promise<unknown>): Promise<number> {
  const durations: number[] = [];
  for (let time = 0; time < Number(values.times); time += 1) {
    const start = performance.now();
    if (!(await work())) throw new Error("It was refused.");
    durations.push((performance.now() - start) * 1000);
  }
  return quantile(durations, 0.5);
}

async function jarWithSession(): Promise<FakeCookieJar> {
  const cookies = new FakeCookieJar();
  const claims = { iss: "http://localhost:9090", sub: "alice", aud: SITE.id };
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  const tokens = {
    accessToken: randomBytes(600).toString("base64url"),
    accessTokenExpiresAt: null,
    refreshToken: randomBytes(32).toString("base64url"),
    idToken: `e30.${payload}.${randomBytes(256).toString("base64url")}`,
    idTokenClaims: claims,
    scope: "openid profile email",
  };
  const start = { replaced: null, userAgent: null, begunAt: Date.now() };
  await sessions().start(cookies, createSession(tokens, null), start);
  return cookies;
}
