/**
 * `npm run test:starters`: adds the login to new Next.js apps, and logs in to these apps with a browser.
 * create-next-app, shadcn and the packages of the apps are downloaded from npm.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Page } from "playwright/test";
import { PUBLIC_CLIENT_ID, startProvider } from "../../provider/provider.ts";
import { freePort, startLocalServer } from "../local-server.ts";
import { inFolder } from "./copy.ts";
import { build, runLine, withServer } from "./new-app.ts";
import { ROOT, runSteps } from "./steps.ts";

const CREATE_NEXT_APP = "create-next-app@16.4.3";
const SHADCN = "shadcn@4.23.1";

/** Matches the browser's error for /profile without a session: the router gets 401, then loads the whole page. */
const ALLOWED = /status of 401/;

/**
 * The new apps. `flags` are for create-next-app, which turns on Cache Components by default: pages are static, and
 * stream the content that depends on the visitor. `source` is the folder of app/ and lib/. `more` is the registry item
 * that is added after the login. `itemsFrom` says where shadcn reads registry items.
 */
const STARTERS = [
  { name: "an-app", flags: "", source: "", more: "auth-store", itemsFrom: "url" },
  {
    name: "an-app-in-src",
    flags: "--src-dir --no-cache-components",
    source: "src",
    more: "broker",
    itemsFrom: "file",
  },
] as const;

type Starter = (typeof STARTERS)[number];

/** Files that an app has before the login is added: a static page with a link, and a route that other sites call. */
const OWN_FILES = {
  "app/start/page.tsx": `import Link from "next/link";

export default function StartPage() {
  return <Link href="/profile">My profile</Link>;
}
`,
  "app/api/hello/route.ts": `export function GET() {
  return Response.json({ hello: "world" });
}

export function OPTIONS() {
  return new Response(null, { status: 204, headers: { "access-control-allow-origin": "*" } });
}
`,
};

await inFolder((folder) => {
  const steps = STARTERS.map(
    (starter) =>
      [`${starter.name}, with the login and ${starter.more}`, () => tryStarter(starter, folder)] as const,
  );
  return runSteps(steps, { goOn: true });
});

async function tryStarter(starter: Starter, folder: string): Promise<boolean> {
  const { more, itemsFrom } = starter;
  const app = await create(starter, folder);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const items = await startLocalServer(({ path: name }) => ({ text: readFileSync(`${ROOT}/public${name}`) }));
  const provider = await startProvider({ port: await freePort(), appBaseUrl: url });
  const place = itemsFrom === "url" ? items.origin : path.join(ROOT, "public");
  const add = (item: string, flags = "") =>
    runLine(`npx ${SHADCN} add "${place}/r/${item}.json" --yes ${flags}`, app);
  try {
    await add("auth");
    fillIn(app, {
      APP_BASE_URL: url,
      SESSION_SECRET: "Xq3vR8kLz0TnWb5yHs7cJd2mPf9gUa4e",
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: PUBLIC_CLIENT_ID,
    });
    await build(app);
    await withServer(app, { port, allowed: ALLOWED }, async (page) => {
      await leavesTheRestAlone(url);
      await protectsItsRoutes(url);
      await logsInAndOut(page, url);
      await saysWhatFailed(page, url);
    });

    await add(more, "--overwrite");
    fillIn(app, {
      SESSION_STORE_URL: "sqlite:sessions.db",
      ...(more === "broker" && { BROKER_AUDIENCE: `${url}/api` }),
    });
    await build(app);
    await withServer(app, { port, allowed: ALLOWED }, async (page) => {
      await logsInAndOut(page, url, () => assert.ok(storedIn(path.join(app, "sessions.db")) > 0));
      if (more === "broker") {
        const { keys } = await (await fetch(`${url}/auth/v2/.well-known/jwks.json`)).json();
        assert.equal(keys.length, 1);
      }
    });
    return true;
  } finally {
    await provider.stop();
    await items.close();
  }
}

/** Creates an app. @returns its folder */
async function create({ name, flags, source }: Starter, folder: string): Promise<string> {
  const app = path.join(folder, name);
  await runLine(`npx ${CREATE_NEXT_APP} ${name} --yes --disable-git ${flags}`, folder);
  for (const [file, text] of Object.entries(OWN_FILES)) {
    mkdirSync(path.dirname(path.join(app, source, file)), { recursive: true });
    writeFileSync(path.join(app, source, file), text);
  }
  // Removes Google's fonts from the layout, because the build would download them.
  const layout = path.join(app, source, "app/layout.tsx");
  const text = readFileSync(layout, "utf8")
    .replace(/^import .* from "next\/font\/google";\n/m, "")
    .replace(/^const \w+ = Geist\w*\(\{.*?^\}\);\n/gms, "")
    .replace(/\$\{\w+\.variable\} /g, "");
  assert.doesNotMatch(text, /geist/i);
  writeFileSync(layout, text);
  return app;
}

/** Sets settings in .env.local, which shadcn has added. @throws AssertionError if the file has no line for a setting */
function fillIn(app: string, settings: Readonly<Record<string, string>>): void {
  const file = path.join(app, ".env.local");
  let text = readFileSync(file, "utf8");
  for (const [name, value] of Object.entries(settings)) {
    const line = new RegExp(`^${name}=.*$`, "m");
    assert.match(text, line);
    text = text.replace(line, `${name}=${value}`);
  }
  writeFileSync(file, text);
}

async function leavesTheRestAlone(url: string): Promise<void> {
  const page = await fetch(`${url}/start`);
  assert.equal(page.headers.get("content-security-policy"), null);
  assert.deepEqual(await (await fetch(`${url}/api/hello`)).json(), { hello: "world" });
  const preflight = await fetch(`${url}/api/hello`, { method: "OPTIONS" });
  assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
}

async function protectsItsRoutes(url: string): Promise<void> {
  for (const route of ["/auth/login", "/auth/callback", "/auth/me", "/profile"]) {
    const { headers } = await fetch(`${url}${route}`, { redirect: "manual" });
    assert.equal(headers.get("cache-control"), "private, no-store", route);
    if (route !== "/auth/me") assert.equal(headers.get("x-content-type-options"), "nosniff", route);
  }
}

async function logsInAndOut(page: Page, url: string, whileLoggedIn = () => {}): Promise<void> {
  const status = async () => (await page.request.get(`${url}/auth/me`)).status();
  await page.goto(`${url}/start`);
  await page.getByRole("link", { name: "My profile" }).click();
  await page.getByRole("button", { name: "Continue as Alice Example" }).click();
  await page.getByRole("heading", { name: "Alice Example" }).waitFor();
  assert.equal(page.url(), `${url}/profile`);
  assert.equal(await status(), 200);
  whileLoggedIn();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL((address) => address.origin === url && address.pathname === "/");
  assert.equal(await status(), 401);
  await page.goto(`${url}/profile`);
  await page.getByRole("heading", { name: "Log in" }).waitFor();
}

/** Call this after {@link logsInAndOut}: the error needs an unfinished login, which that function leaves. */
async function saysWhatFailed(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/auth/callback?code=none&state=none`);
  await page.getByRole("heading", { name: "This answer belongs to another login" }).waitFor();
  assert.equal(page.url(), `${url}/auth/error?reason=state_mismatch`);
  assert.equal(await page.getByRole("link", { name: "Try again" }).getAttribute("href"), "/auth/login");
}

/** Counts the entries in the session store of an app. */
function storedIn(file: string): number {
  using database = new DatabaseSync(file, { readOnly: true });
  return Number(database.prepare("select count(*) as count from my_app_sessions").get()?.count);
}
