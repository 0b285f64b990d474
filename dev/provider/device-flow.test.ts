import { decodeJwt } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { SITE } from "../../lib/site.ts";
import { DEVICE_GRANT } from "./device-flow.ts";
import { API_AUDIENCE } from "./provider.ts";
import { startTestProvider, TestBrowser } from "./test-browser.ts";

const provider = await startTestProvider();
let browser: TestBrowser;

beforeEach(() => {
  browser = new TestBrowser();
});

type Answer = Record<string, string>;

async function post(path: string, parameters: Answer): Promise<Answer> {
  const body = new URLSearchParams({ client_id: SITE.id, ...parameters });
  return (await fetch(`${provider.issuer}${path}`, { method: "POST", body })).json();
}

async function beginLogin() {
  const scope = "openid profile email offline_access";
  const answer = await post("/device/auth", { scope, audience: API_AUDIENCE });
  const { device_code = "", user_code = "", verification_uri_complete: url = "" } = answer;
  return { deviceCode: device_code, userCode: user_code, url };
}

const poll = (device_code: string) => post("/token", { grant_type: DEVICE_GRANT, device_code });

/** The values of the hidden fields in a page, by name. */
function formOf({ text }: { text: string }): Answer {
  return Object.fromEntries(
    [...text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)].map(([, name, value]) => [
      name,
      value,
    ]),
  );
}

const DEVICE = () => `${provider.issuer}/device`;

describe("a device login at the embedded provider", () => {
  it("the device page shows the user code, and after the login the program gets its tokens", async () => {
    const { deviceCode, userCode, url } = await beginLogin();
    expect(await poll(deviceCode)).toMatchObject({ error: "authorization_pending" });
    const page = await browser.open(url);
    expect(page.text).toContain(`<code>${userCode}</code>`);
    expect(page.text).toContain(`Connect a program to ${SITE.name}?`);
    expect(page.text).not.toContain("<script");
    const login = await browser.open(DEVICE(), { ...formOf(page), confirm: "yes" });
    const done = await browser.open(`${login.url}/login`, { email: "alice@example.com" });
    expect(done.text).toContain("<h1>Connected</h1>");
    const tokens = await poll(deviceCode);
    expect(decodeJwt(tokens.id_token ?? "")).toMatchObject({ sub: "alice", email: "alice@example.com" });
    expect(decodeJwt(tokens.access_token ?? "").aud).toContain(API_AUDIENCE);
    expect(tokens.refresh_token).toBeTruthy();
    expect(await poll(deviceCode)).toMatchObject({ error: "invalid_grant" });
  });

  it("the device page shows the name that the program sent, and the time of the request", async () => {
    const headers = { "user-agent": "<b>notebook</b>/1.0" };
    const body = new URLSearchParams({ client_id: SITE.id, scope: "openid" });
    const answer = await (
      await fetch(`${provider.issuer}/device/auth`, { method: "POST", headers, body })
    ).json();
    const page = await browser.open(answer.verification_uri_complete);
    expect(page.text).toContain("<code>&#60;b&#62;notebook&#60;/b&#62;/1.0</code>");
    expect(page.text).toContain("less than a minute ago");
    const typed = { ...formOf(page), user_code: answer.user_code };
    expect((await browser.open(DEVICE(), typed)).text).toContain("notebook");
  });

  it("the ID token contains auth_time if the program requests max_age", async () => {
    const answer = await post("/device/auth", { scope: "openid", max_age: "60" });
    const confirmed = {
      ...formOf(await browser.open(answer.verification_uri_complete ?? "")),
      confirm: "yes",
    };
    const login = await browser.open(DEVICE(), confirmed);
    await browser.open(`${login.url}/login`, { email: "alice@example.com" });
    const { id_token = "" } = await poll(answer.device_code ?? "");
    expect(Date.now() / 1000 - Number(decodeJwt(id_token).auth_time)).toBeLessThan(60);
  });

  it("a device login gets true tokens, even if the next login is to be broken", async () => {
    provider.breakNextLogin("wrong-issuer");
    const { deviceCode, url } = await beginLogin();
    const login = await browser.open(DEVICE(), { ...formOf(await browser.open(url)), confirm: "yes" });
    await browser.open(`${login.url}/login`, { email: "alice@example.com" });
    const { id_token = "" } = await poll(deviceCode);
    expect(decodeJwt(id_token).iss).toBe(provider.issuer);
  });

  it("the device page accepts a typed code in upper or lower case, and rejects a wrong code", async () => {
    const { userCode } = await beginLogin();
    const empty = await browser.open(DEVICE());
    expect(empty.text).toContain('<label for="user_code">Code</label>');
    const wrong = await browser.open(DEVICE(), { ...formOf(empty), user_code: "BBBB-BBBB" });
    expect(wrong).toMatchObject({ status: 422, text: expect.stringContaining("This code is wrong") });
    const typed = { ...formOf(wrong), user_code: userCode.toLowerCase().replace("-", " ") };
    expect((await browser.open(DEVICE(), typed)).text).toContain("Connect a program to");
  });

  it("the program gets access_denied if the person refuses or cancels the login", async () => {
    const refused = await beginLogin();
    const page = await browser.open(refused.url);
    const answer = await browser.open(DEVICE(), { ...formOf(page), abort: "yes" });
    expect(answer.text).toContain("<h1>Refused</h1>");
    expect(await poll(refused.deviceCode)).toMatchObject({ error: "access_denied" });

    const cancelled = await beginLogin();
    const confirmed = { ...formOf(await browser.open(cancelled.url)), confirm: "yes" };
    const login = await browser.open(DEVICE(), confirmed);
    expect((await browser.open(`${login.url}/cancel`, {})).text).toContain("<h1>Refused</h1>");
    expect(await poll(cancelled.deviceCode)).toMatchObject({ error: "access_denied" });
  });

  it("the device page rejects a confirmation that another site sends", async () => {
    const { deviceCode, userCode, url } = await beginLogin();
    await browser.open(url);
    const forged = await browser.open(DEVICE(), { user_code: userCode, confirm: "yes", xsrf: "x" });
    expect(forged.status).toBe(422);
    expect(await poll(deviceCode)).toMatchObject({ error: "authorization_pending" });
  });
});
