import { randomBytes } from "node:crypto";
import { get } from "node:http";
import { runDev } from "./support/app/development.ts";
import { freePorts } from "./support/app/ports.ts";
import { ALICE, chooseAtProvider } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

/** Free ports for everything that `npm run dev` starts. */
async function portSettings(): Promise<{ PORT: string; PROVIDER_PORT: string; MESSAGE_API_PORT: string }> {
  const [app, provider, api] = await freePorts(3);
  return { PORT: String(app), PROVIDER_PORT: String(provider), MESSAGE_API_PORT: String(api) };
}

/** The Content-Security-Policy of a response, without the nonce and the provider's port. */
function policyOf(headers: Record<string, string>): string {
  const policy = headers["content-security-policy"] ?? "";
  return policy.replace(/'nonce-[^']+'/, "'nonce'").replaceAll(/http:\/\/localhost:\d+/g, "PROVIDER");
}

// A folder can run only one development server at a time, so these tests run one after another.
test.describe.configure({ mode: "serial" });

test("a developer sees only the errors of their own code, on the page and in the terminal [A1]", async ({
  page,
  stack,
  watch,
}) => {
  test.setTimeout(180_000); // each page is compiled at its first request
  const ports = await portSettings();
  const url = `http://localhost:${ports.PORT}`;
  const { PORT, ...others } = ports;
  const dev = runDev(others, ["--port", PORT]);
  const frames: string[] = [];
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => frames.push(payload.toString("latin1"))),
  );
  try {
    await dev.ready.catch((error: Error) => {
      test.skip(error.message.includes("already runs from this folder"), "npm run dev runs here");
      throw error;
    });
    expect(dev.log.text).toContain(`is ready: ${url}`);

    const home = await page.goto(url);
    const inProduction = policyOf((await page.request.get(stack.app.url)).headers());
    expect(inProduction).toContain("style-src 'self';");
    expect(policyOf(home?.headers() ?? {})).toBe(
      inProduction.replace("style-src 'self';", "style-src 'self' 'unsafe-inline';"),
    );
    const faults = await page.request.get(`http://localhost:${ports.PROVIDER_PORT}/faults`);
    expect(await faults.json()).toContainEqual(expect.objectContaining({ id: "wrong-nonce" }));
    await page.goto(`${url}/auth/login?returnTo=/profile`);
    await chooseAtProvider(page, ALICE.email);
    await expect(page.getByRole("heading", { name: ALICE.name })).toBeVisible({
      timeout: 60_000,
    });

    await expect.poll(() => frames.join()).toContain("Identity"); // in development, React sends the props of components
    await page.goto(`${url}/dashboard`); // part: demo
    await expect.poll(() => frames.join(), { timeout: 60_000 }).toContain("SessionFacts"); // part: demo
    stack.secrets.expectNoneIn(frames.join("\n"), "what React sends in development");

    // Next.js's badge and the terminal report only the mistake that this test makes. If the Content-Security-Policy
    // forbade React to call eval(), they would report that error first.
    watch.allow(/my own mistake/);
    const badge = page.locator("nextjs-portal"); // appears when React has started
    await expect(badge).toBeAttached({ timeout: 60_000 });
    await page.evaluate(() => setTimeout(() => Promise.reject(new Error("my own mistake"))));
    await expect.poll(() => dev.log.text).toContain("my own mistake");
    await expect(badge.getByText("Issue")).toBeVisible();
    await expect(badge.locator("[data-issues-count-plural]")).toHaveCount(0);
    expect((await dev.log.caughtUp()).text).not.toContain("eval() is not supported");

    // A second start from the same folder, on the same or on other ports, says where the first server runs.
    const refused = [runDev(ports), runDev(await portSettings())];
    for (const second of refused) {
      expect(await second.exit).toBe(1);
      expect(second.log.lines).toEqual([
        expect.stringContaining(`already runs from this folder, at ${url} (`),
      ]);
    }
    await page.close(); // an open page would log an error when its server ends
  } finally {
    await dev.stop();
  }
});

test("a developer has hot reload at a tunnel's address, and pages of other sites cannot connect to it [A1]", async () => {
  test.setTimeout(120_000);
  const ports = await portSettings();
  const dev = runDev({ ...ports, APP_BASE_URL: "https://abc.ngrok.app" });
  try {
    await dev.ready.catch((error: Error) => {
      test.skip(error.message.includes("already runs from this folder"), "npm run dev runs here");
      throw error;
    });
    expect(dev.log.text).toContain("is ready: https://abc.ngrok.app");
    const port = Number(ports.PORT);
    expect(await hasHotReload(port, "https://abc.ngrok.app")).toBe(true);
    expect(await hasHotReload(port, `http://localhost:${port}`)).toBe(true);
    expect(await hasHotReload(port, "https://evil.example")).toBe(false);
  } finally {
    await dev.stop();
  }
});

/** Whether a page of this origin may open the WebSocket of Next's hot reload. */
function hasHotReload(port: number, origin: string): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = {
      origin,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": randomBytes(16).toString("base64"),
    };
    const sent = get({ host: "localhost", port, path: "/_next/hmr?id=1", headers });
    sent.once("upgrade", (_, socket) => {
      socket.destroy();
      resolve(true);
    });
    sent.once("error", () => resolve(false)); // Next.js refuses the upgrade with a text that is not HTTP
  });
}
