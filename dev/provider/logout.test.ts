import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { SITE } from "../../lib/site.ts";
import { freePort, startLocalServer } from "../testing/local-server.ts";
import { startProvider } from "./provider.ts";
import { APP, startTestProvider, TestApp, TestBrowser } from "./test-browser.ts";

const provider = await startTestProvider();
const app = new TestApp(provider);

describe("a logout at the embedded provider", () => {
  const goodbye = (parameters: Record<string, string>) =>
    `${provider.issuer}/session/end?${new URLSearchParams({ post_logout_redirect_uri: `${APP}/`, state: "s", ...parameters })}`;

  it("a logout with the person's ID token ends the session and returns to the app without a page", async () => {
    const browser = new TestBrowser();
    const { id_token: hint } = await app.logIn("alice", { browser });
    expect((await browser.open(goodbye({ id_token_hint: hint }))).url.href).toBe(`${APP}/?state=s`);
    expect((await browser.open(app.authorizationUrl())).text).toContain("<h1>Log in</h1>");
    expect((await browser.open(goodbye({ id_token_hint: hint }))).url.href).toBe(`${APP}/?state=s`);
  });

  it.each(["no", "another person's", "a forged"])(
    "a logout with %s ID token asks for confirmation",
    async (kind) => {
      const browser = new TestBrowser();
      const { id_token: own } = await app.logIn("alice", { browser });
      const { id_token: foreign } = await app.logIn("admin");
      const hints = { no: "", "another person's": foreign, "a forged": `${own.slice(0, -10)}AAAAAAAAAA` };
      const hint = hints[kind as keyof typeof hints];
      const page = await browser.open(goodbye({ client_id: SITE.id, ...(hint && { id_token_hint: hint }) }));
      expect(page.text).toContain("<h1>Log out?</h1>");
      expect((await browser.open(app.authorizationUrl())).url.origin, "still logged in").toBe(APP);
    },
  );
});

describe("a back-channel logout", () => {
  it("the provider sends the app a logout token with the sub and sid of the app's ID token", async () => {
    const server = await startLocalServer(() => ({}));
    const sender = await startProvider({
      port: await freePort(),
      appBaseUrl: APP,
      backChannelLogoutUri: `${server.origin}/auth/backchannel-logout`,
    });
    try {
      const browser = new TestBrowser();
      const { id_token: hint } = await new TestApp(sender).logIn("alice", { browser });
      await browser.open(`${sender.issuer}/session/end?${new URLSearchParams({ id_token_hint: hint })}`);
      const [request] = server.requests;
      expect(request).toMatchObject({ method: "POST", path: "/auth/backchannel-logout" });
      const token = new URLSearchParams(request?.body).get("logout_token") ?? "";
      const { sub, sid } = decodeJwt(hint);
      expect(decodeProtectedHeader(token).typ).toBe("logout+jwt");
      expect(decodeJwt(token)).toMatchObject({
        iss: sender.issuer,
        aud: SITE.id,
        sub,
        sid,
        events: { "http://schemas.openid.net/event/backchannel-logout": {} },
      });
      expect(sid).toBeTruthy();
    } finally {
      await sender.stop();
      await server.close();
    }
  });
});
