/**
 * `npm run test:deploy`: builds the container's image by running the steps of the Dockerfile, without a container
 * engine. Then it starts the image's app and logs in. It also builds the app with Vercel's command. Neither build
 * may contain development files, or drivers of session stores that it does not use.
 *
 *   node dev/testing/run/deploy.ts [image | vercel]
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { request } from "playwright";
import { freePort } from "../local-server.ts";
import { inCopy, inFolder } from "./copy.ts";
import { buildImage, type Image, machine } from "./dockerfile.ts";
import { runSteps, type Step } from "./steps.ts";

const VERCEL = "vercel@60.1.3";
const DRIVERS = ["@redis/client", "mongodb", "mysql2", "pg"]; // part: store
/** Folders and packages that a deployment must not contain, except the driver of the session store that it uses. */
const FOREIGN_FOLDERS = ["bench", "dev", "docs", "e2e"];
const SHOWN = /^docs\/tutorial(\/|$)/; // allowed: /learn shows these pages // part: learn
const FOREIGN_PACKAGES = [
  ..."@biomejs/biome oidc-provider playwright playwright-core sharp tailwindcss typescript vitest".split(" "),
  ...DRIVERS, // part: store
];

const SUITES = { image: testImage, vercel: testVercel };

const chosen = process.argv.slice(2);
const steps = Object.entries(SUITES)
  .filter(([name]) => !chosen.length || chosen.includes(name))
  .map(([name, test]): Step => [name, async () => ({ passed: true, detail: await inCopy(test) })]);
for (const { title, detail } of await runSteps(steps, { goOn: true }))
  console.log(`${title}: ${detail ?? "failed"}`);

function testImage(context: string): Promise<string> {
  const secret = "SESSION_SECRET=from-a-file-that-must-not-be-in-the-image\n";
  writeFileSync(path.join(context, ".env.local"), secret);
  let driver = "";
  driver = "pg"; // part: store
  return inFolder(async (target) => {
    const image = buildImage(context, target, { STORE_DRIVER: driver });
    const files = filesIn(image.root);
    const names = files.map((file) => path.relative(path.join(image.root, "app"), file));
    assertNothingForeign(names, [driver]);
    const has = (name: string) => existsSync(path.join(image.folder, name));
    assert(has("node_modules/next/package.json") && has(".next/static"), "the image contains the app");
    assert(!driver || has(`node_modules/${driver}/package.json`), "the image contains the store's driver");
    assert(!globSync("**/.env*", { cwd: image.root }).length, "the image contains no .env file");
    assert(image.user !== "root", "the container does not run as root");
    await serves(image);
    return `${files.length} files, ${megabytes(files)} beyond Node.js`;
  });
}

/** Checks that the image's command starts the app, that a person can log in, and that the app ends on SIGTERM. */
async function serves(image: Image): Promise<void> {
  const [PORT, PROVIDER_PORT, MESSAGE_API_PORT] = await Promise.all(
    [1, 2, 3].map(async () => String(await freePort())),
  );
  const url = `http://localhost:${PORT}`;
  const settings = {
    PORT,
    APP_BASE_URL: url,
    SESSION_SECRET: "Xq3vR8kLz0TnWb5yHs7cJd2mPf9gUa4e",
    OIDC_ISSUER: `http://localhost:${PROVIDER_PORT}`,
    OIDC_CLIENT_ID: "hello-oidc",
  };
  const run = ([program = "", ...args]: readonly string[], changes: object) => {
    const env = Object.assign(machine(), image.env, changes);
    return spawn(program, args, { cwd: image.folder, env, stdio: ["ignore", "inherit", "pipe"] });
  };
  const isHealthy = async () => {
    const check = run(image.healthCheck, settings);
    await once(check, "exit");
    return check.exitCode === 0;
  };
  const bare = run(image.command, {});
  const [complaint] = await Promise.all([text(bare.stderr), once(bare, "exit")]);
  const isRefused = complaint.includes("SESSION_SECRET is missing") && bare.exitCode === 1;
  assert(isRefused, "the app does not start without its settings");

  const app = run(image.command, settings);
  app.stderr.pipe(process.stderr);
  let services: ChildProcess | undefined;
  try {
    await until(isHealthy, "the health check");
    assert((await fetch(`${url}/readyz`)).status === 503, "the app is not ready without the provider");
    const script = path.join(import.meta.dirname, "../../start/demo-services.ts");
    const env = { ...process.env, PORT, PROVIDER_PORT, MESSAGE_API_PORT, APP_BASE_URL: url };
    services = spawn(process.execPath, [script], { env, stdio: "inherit" });
    await until(async () => (await fetch(`${url}/readyz`)).ok, "the readiness check");

    const browser = await request.newContext({ baseURL: url });
    const login = await browser.get("/auth/login");
    const profile = await browser.post(`${login.url()}/login`, { form: { email: "alice@example.com" } });
    assert(profile.url() === `${url}/profile` && profile.ok(), "a person can log in");
    const [, style = ""] = /href="([^"]+\.css)/.exec(await profile.text()) ?? [];
    const isStyled = (await browser.get(style)).ok() && (await browser.get("/icons.svg")).ok();
    assert(isStyled, "the app serves static files");
    const headers = { "x-large": "x".repeat(30_000) };
    assert((await browser.get("/auth/me", { headers })).ok(), "the app accepts 30 KB of headers");
    assert((await browser.get("/learn/01-an-app")).ok(), "the app has the pages of the tutorial"); // part: learn
    await browser.dispose();
  } finally {
    services?.kill();
    app.kill("SIGTERM");
  }
  await once(app, "exit");
  assert(app.exitCode === 143, "the app ends on SIGTERM");
  assert(!(await isHealthy()), "the health check fails after the app has ended");
}

async function testVercel(folder: string): Promise<string> {
  mkdirSync(path.join(folder, ".vercel"));
  // The packages are already installed, so the install command only prints a version.
  const project = { framework: "nextjs", installCommand: "node --version", nodeVersion: "24.x" };
  const link = { projectId: "prj_test", orgId: "team_test", projectName: "test", settings: project };
  writeFileSync(path.join(folder, ".vercel/project.json"), JSON.stringify(link));
  const quiet = { NODE_ENV: "", CI: "1", VERCEL_TELEMETRY_DISABLED: "1", NO_UPDATE_NOTIFIER: "1" };
  const config = ["--global-config", path.join(folder, ".vercel/cli")];
  execFileSync("npx", ["--yes", VERCEL, "build", "--yes", "--prod", ...config], {
    cwd: folder,
    env: Object.assign({}, process.env, quiet),
    stdio: ["ignore", "inherit", "inherit"],
  });
  const output = path.join(folder, ".vercel/output/functions");
  const sizes = globSync("**/.vc-config.json", { cwd: output }).map((file) => {
    const { filePathMap = {} } = JSON.parse(readFileSync(path.join(output, file), "utf8"));
    const shared: Readonly<Record<string, string>> = filePathMap; // the project's files that the function uses
    const own = path.join(output, path.dirname(file));
    assertNothingForeign([...Object.keys(shared), ...globSync("**", { cwd: own })]);
    const files = [...Object.values(shared).map((name) => path.join(folder, name)), ...filesIn(own)];
    return { name: path.dirname(file), size: megabytes(files) };
  });
  // Several pages can share one function. Each page then has a folder that links to the function.
  const names = ["profile.func", "api/data.func", "_middleware.func"];
  const areThere = names.every((name) => existsSync(path.join(output, name)));
  assert(sizes.length > 0 && areThere, "the build contains functions");
  const [largest] = sizes.sort((a, b) => Number.parseFloat(b.size) - Number.parseFloat(a.size));
  for (const { name, size } of sizes) console.log(`${size.padStart(9)} ${name}`);
  return `${sizes.length} functions, the largest (${largest?.name}) has ${largest?.size}`;
}

/** @throws Error if a file belongs to development, or to an unused driver of a session store */
function assertNothingForeign(files: readonly string[], used: readonly string[] = []): void {
  const packages = FOREIGN_PACKAGES.filter((name) => !used.includes(name));
  const folders = [...FOREIGN_FOLDERS, ...packages.map((name) => `node_modules/${name}`)];
  const foreign = files.filter((file) => {
    if (file === "docs" || SHOWN.test(file)) return false; // part: learn
    const isTest = /\.(test|spec)\.tsx?$/.test(file) && !file.includes("node_modules/");
    return isTest || folders.some((folder) => `${file}/`.startsWith(`${folder}/`));
  });
  if (foreign.length) throw new Error(`Unwanted files are deployed: ${foreign.slice(0, 5).join(", ")}`);
}

async function until(isDone: () => Promise<boolean>, what: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (await isDone().catch(() => false)) return;
    await pause(200);
  }
  throw new Error(`${what} did not succeed within a minute`);
}

function assert(condition: boolean, promise: string): void {
  if (!condition) throw new Error(`Failed: ${promise}`);
  console.log(`ok: ${promise}`);
}

function filesIn(folder: string): string[] {
  const all = globSync("**", { cwd: folder }).map((name) => path.join(folder, name));
  return all.filter((file) => statSync(file).isFile());
}

function megabytes(files: readonly string[]): string {
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
