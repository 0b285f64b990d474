import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { DoctorStage, only, SESSION_SECRET } from "@/dev/doctor/test-stage.ts";
import type { Answer, ReceivedRequest } from "@/dev/testing/local-server.ts";
import type { Examination } from "../examine.ts";
import { renderText, toJson } from "./report.ts";

/** Contains characters that are special in URLs, forms, HTML, JSON or regular expressions, or that separate words. */
const CLIENT_SECRET = `Pk~9: 7%+/=&<b>"q"\\w$k*(x)|Hn.Zr3'vYt`;

let stage: DoctorStage;
beforeAll(async () => {
  stage = await DoctorStage.start();
});
beforeEach(() => stage.reset());
afterAll(() => stage.close());

/** The doctor's report, as text and as JSON. */
function printed(examination: Examination): string {
  return renderText(examination, 80) + JSON.stringify(toJson(examination));
}

/** Pieces of the client secret and of its encodings. No output may contain any of these pieces. */
const PIECES = [
  "Pk~9",
  "q\\w",
  "Hn.Zr3",
  "vYt",
  encodeURIComponent(CLIENT_SECRET).slice(0, 14),
  Buffer.from(CLIENT_SECRET).toString("base64").slice(0, 16),
];

function expectNoSecret(text: string): void {
  for (const piece of [...PIECES, SESSION_SECRET, SESSION_SECRET.slice(0, 12)])
    expect(text).not.toContain(piece);
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The places in which a provider may repeat a secret, with a response that does so. */
const ECHOES: [string, (secret: string) => Answer][] = [
  [
    "a page",
    (secret) => ({
      status: 400,
      text: `<title>Error</title><p>Invalid parameter: redirect_uri ${escaped(secret)}</p>`,
    }),
  ],
  ["the title of a page", (secret) => ({ status: 500, text: `<title>${escaped(secret)}</title>` })],
  ["plain text", (secret) => ({ status: 401, text: `no: ${secret}` })],
  [
    "the description of an error",
    (secret) => ({ status: 400, json: { error: "invalid_client", error_description: `not ${secret}` } }),
  ],
  ["the name of an error", (secret) => ({ status: 400, json: { error: secret } })],
  [
    "a challenge",
    () => ({
      status: 401,
      headers: { "www-authenticate": 'Basic realm="x"' },
      json: { error: "invalid_client" },
    }),
  ],
  [
    "the target of a redirect",
    (secret) => ({
      status: 302,
      headers: {
        location: `https://app.example.com/auth/callback?${new URLSearchParams({ error: "invalid_scope", error_description: secret })}`,
      },
    }),
  ],
  [
    "the URL of another site",
    (secret) => ({
      status: 302,
      headers: { location: `https://elsewhere.example.com/?${new URLSearchParams({ error: secret })}` },
    }),
  ],
  ["the host of another site", () => ({ status: 302, headers: { location: "https://hnzr3.example.com/" } })],
  [
    "Base64",
    (secret) => ({
      status: 400,
      json: { error: "invalid_request", error_description: Buffer.from(secret).toString("base64") },
    }),
  ],
  [
    "a text that is shortened",
    (secret) => ({ status: 400, json: { error: "x".repeat(280), error_description: secret } }),
  ],
];

test.each(ECHOES)("a secret that the provider repeats in %s is not shown", async (_, echo) => {
  for (const path of ["/authorize", "/token", "/logout", "/jwks"]) {
    stage.op.answers[path] = () => echo(CLIENT_SECRET);
  }
  const settings = { OIDC_CLIENT_SECRET: CLIENT_SECRET };
  expectNoSecret(printed(await stage.examine(settings)));
  // Restores /jwks, because the doctor sends a request to /token only if it gets the provider's keys.
  stage.reset();
  stage.op.answers["/token"] = () => echo(CLIENT_SECRET);
  const examination = await stage.examine({ ...settings, OIDC_CLIENT_AUTH: "client_secret_basic" });
  expect(stage.op.asked).toContain("/token");
  expectNoSecret(printed(examination));
});

test("a client secret that the provider copies from the token request is not shown", async () => {
  const repeat = ({ body, headers }: ReceivedRequest): Answer => ({
    status: 400,
    json: { error: "invalid_client", error_description: `${body} ${headers.authorization}` },
  });
  stage.op.answers["/token"] = repeat;
  for (const OIDC_CLIENT_AUTH of ["client_secret_post", "client_secret_basic"]) {
    const examination = await stage.examine({ OIDC_CLIENT_SECRET: CLIENT_SECRET, OIDC_CLIENT_AUTH });
    expect(only(examination, "client-authentication").seen).toContain("[hidden]");
    expectNoSecret(printed(examination));
  }
});

test("secrets in the discovery document and in the API's answers are not shown", async () => {
  stage.op.metadata.issuer = `https://idp.example.com/${CLIENT_SECRET}`;
  stage.apiAnswers["/api/messages/protected"] = { status: 418, json: { text: SESSION_SECRET } };
  expectNoSecret(printed(await stage.examine({ OIDC_CLIENT_SECRET: CLIENT_SECRET })));
  stage.reset();
  stage.op.metadata.id_token_signing_alg_values_supported = [CLIENT_SECRET];
  stage.op.metadata.end_session_endpoint = CLIENT_SECRET;
  stage.op.metadata.authorization_endpoint = `https://idp.example.com/?${CLIENT_SECRET}`;
  expectNoSecret(printed(await stage.examine({ OIDC_CLIENT_SECRET: CLIENT_SECRET })));
});

test("wrong settings are reported without their secrets", async () => {
  const examination = await stage.examine({
    OIDC_CLIENT_SECRET: CLIENT_SECRET,
    OIDC_ISSUER: `https://me:${encodeURIComponent(CLIENT_SECRET)}@idp.example.com`,
    SESSION_SECRET: "tooshortbutmine",
    SESSION_STORE_URL: "redis://me:Hn.Zr3@:::",
    OIDC_CLIENT_PRIVATE_KEY: "-----BEGIN vYtvYtvYtvYtvYtvYtvYtvYt",
    APP_BASE_URL: CLIENT_SECRET.replaceAll("@", ""),
  });
  const text = printed(examination);
  expect(text).not.toContain("tooshort");
  expectNoSecret(text);
});

test("a provider's text cannot control the terminal", async () => {
  stage.op.answers["/authorize"] = () => ({
    status: 400,
    text: "<p>\u001b[2J\u001b]0;x\u0007all is\r well \u202eslaog</p>",
  });
  const text = renderText(await stage.examine(), 80).replaceAll("\n", "");
  expect(text).toContain("all is well slaog");
  expect(text).not.toMatch(/\p{Cc}|\p{Cf}/u);
});
