/**
 * `npm run test:deploy`: builds the container's image by the steps of the Dockerfile, without a container engine, and logs
 * in at what it runs; then has Vercel's own command build the app. Both must contain nothing of development, and of the
 * session stores only the driver that is used.
 *
 *   node dev/testing/run/deploy.ts [image | vercel]
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { request } from "playwright";
import { freePort } from "../local-server.ts";
import { inCopy } from "./copy.ts";
import { buildImage, type Image, machine } from "./dockerfile.ts";
import { runStep, type StepResult } from "./steps.ts";

const VERCEL = "vercel@60.1.3";
const DRIVERS = ["@redis/client", "mongodb", "mysql2", "pg"]; // part: store
/** Folders and packages that no deployment may have. */
const FOREIGN_FOLDERS = ["bench", "dev", "docs", "e2e"];
const SHOWN = /^docs\/tutorial(\/|$)/; // the pages below /learn // part: learn
const FOREIGN_PACKAGES = [
  ...[
    "@biomejs/biome",
    "oidc-provider",
    "playwright",
    "playwright-core",
    "sharp",
    "tailwindcss",
    "typescript",
    "vitest",
  ],
  ...DRIVERS, // part: store
];

const chosen = process.argv.slice(2);
const results: StepResult[] = [];
if (!chosen.length || chosen.includes("image")) {
  results.push(
    await runStep("container image", async () => ({
      passed: true,
      detail: await inCopy((context) => inFolder((target) => testImage(context, target))),
    })),
  );
}
if (!chosen.length || chosen.includes("vercel")) {
  results.push(
    await runStep("vercel build", async () => ({ passed: true, detail: await inCopy(testVercel) })),
  );
}
for (const { title, detail } of results) console.log(`${title}: ${detail ?? "failed"}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;

async function testImage(context: string, target: string): Promise<string> {
  writeFileSync(
    path.join(context, ".env.local"),
    "SESSION_SECRET=from-a-file-that-must-not-be-in-the-image\n",
  );
  let driver = "";
  driver = "pg"; // part: store
  const image = buildImage(context, target, { STORE_DRIVER: driver });
  const files = globSync("**", { cwd: image.root }).filter((file) =>
    statSync(path.join(image.root, file)).isFile(),
  );
  assertNothingForeign(
    files.map((file) => path.relative("app", file)),
    [driver],
  );
  const has = (name: string) => existsSync(path.join(image.folder, name));
  assert(has("node_modules/next/package.json") && has(".next/static"), "the app is in the image");
  assert(!driver || has(`node_modules/${driver}/package.json`), "the driver that is used is in the image");
  assert(!globSync("**/.env*", { cwd: image.root }).length, "no .env file is in the image");
  assert(image.user !== "root", "the container does not run as root");
  await serves(image);
  const bytes = files.reduce((sum, file) => sum + statSync(path.join(image.root, file)).size, 0);
  return `${files.length} files, ${megabytes(bytes)} beyond Node.js`;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "oidc-image-"));
  return work(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

/** Starts what the image would run, logs somebody in, and stops it. */
async function serves(image: Image): Promise<void> {
  const [port, providerPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  const ports = { PROVIDER_PORT: String(providerPort), MESSAGE_API_PORT: String(apiPort) };
  const url = `http://localhost:${port}`;
  const settings = {
    PORT: String(port),
    APP_BASE_URL: url,
    SESSION_SECRET: "Xq3vR8kLz0TnWb5yHs7cJd2mPf9gUa4e",
    OIDC_ISSUER: `http://localhost:${providerPort}`,
    OIDC_CLIENT_ID: "hello-oidc",
  };
  const bare = run(image, {});
  const [complaint] = await Promise.all([text(bare.stderr ?? process.stdin), once(bare, "exit")]);
  assert(
    complaint.includes("SESSION_SECRET is missing") && bare.exitCode === 1,
    "it needs its settings to start",
  );

  const app = run(image, settings);
  const services: ChildProcess[] = [];
  try {
    await until(() => isHealthy(image, settings), "the health check");
    assert((await fetch(`${url}/readyz`)).status === 503, "it is not ready before it knows the provider");
    const script = path.join(import.meta.dirname, "../../start/demo-services.ts");
    const env = { ...process.env, ...ports, PORT: String(port), APP_BASE_URL: url };
    services.push(spawn(process.execPath, [script], { env, stdio: "inherit" }));
    await until(async () => (await fetch(`${url}/readyz`)).ok, "readiness");

    const browser = await request.newContext({ baseURL: url });
    const login = await browser.get("/auth/login");
    const profile = await browser.post(`${login.url()}/login`, { form: { email: "alice@example.com" } });
    assert(profile.url() === `${url}/profile` && profile.ok(), "somebody can log in");
    const [, style = ""] = /href="([^"]+\.css)/.exec(await profile.text()) ?? [];
    assert(
      (await browser.get(style)).ok() && (await browser.get("/icons.svg")).ok(),
      "it serves static files",
    );
    const headers = { "x-large": "x".repeat(30_000) };
    assert((await browser.get("/auth/me", { headers })).ok(), "it accepts 30 KB of headers");
    assert((await browser.get("/learn/01-an-app")).ok(), "it has the pages of the tutorial"); // part: learn
    await browser.dispose();
  } finally {
    for (const service of services) service.kill();
    app.kill("SIGTERM");
  }
  await once(app, "exit");
  assert(app.exitCode === 143, "it ends when it is told to");
  assert(!(await isHealthy(image, settings)), "the health check fails where nothing answers");
}

function run({ folder, env, command: [program = "", ...args] }: Image, settings: object): ChildProcess {
  return spawn(program, args, {
    cwd: folder,
    env: Object.assign(machine(), env, settings),
    stdio: ["ignore", "inherit", "pipe"],
  });
}

async function isHealthy(
  { env, healthCheck: [program = "", ...args] }: Image,
  settings: object,
): Promise<boolean> {
  const check = spawn(program, args, { env: Object.assign(machine(), env, settings), stdio: "inherit" });
  await once(check, "exit");
  return check.exitCode === 0;
}

async function testVercel(folder: string): Promise<string> {
  mkdirSync(path.join(folder, ".vercel"));
  // The packages are there already.
  const project = { framework: "nextjs", installCommand: "node --version", nodeVersion: "24.x" };
  const link = { projectId: "prj_test", orgId: "team_test", projectName: "test", settings: project };
  writeFileSync(path.join(folder, ".vercel/project.json"), JSON.stringify(link));
  execFileSync(
    "npx",
    ["--yes", VERCEL, "build", "--yes", "--prod", "--global-config", path.join(folder, ".vercel/cli")],
    {
      cwd: folder,
      env: Object.assign({}, process.env, {
        NODE_ENV: "",
        CI: "1",
        VERCEL_TELEMETRY_DISABLED: "1",
        NO_UPDATE_NOTIFIER: "1",
      }),
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const output = path.join(folder, ".vercel/output/functions");
  const sizes = globSync("**/.vc-config.json", { cwd: output }).map((config) => {
    const { filePathMap = {} } = JSON.parse(readFileSync(path.join(output, config), "utf8"));
    const shared = Object.entries(filePathMap as Record<string, string>);
    const own = path.join(output, path.dirname(config)); // files of its own; the others are the project's
    const ownFiles = globSync("**", { cwd: own });
    assertNothingForeign([...shared.map(([name]) => name), ...ownFiles]);
    const files = [
      ...shared.map(([, file]) => path.join(folder, file)),
      ...ownFiles.map((file) => path.join(own, file)),
    ];
    const bytes = files
      .map((file) => statSync(file))
      .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
    return { name: path.dirname(config), bytes };
  });
  // Several pages share a function: their folders are links to it.
  const names = ["profile.func", "api/data.func", "_middleware.func"];
  assert(
    sizes.length > 0 && names.every((name) => existsSync(path.join(output, name))),
    "there are functions",
  );
  const [largest, ...others] = sizes.sort((a, b) => b.bytes - a.bytes);
  for (const { name, bytes } of sizes) console.log(`${megabytes(bytes).padStart(9)} ${name}`);
  return `${others.length + 1} functions, the largest (${largest?.name}) has ${megabytes(largest?.bytes ?? 0)}`;
}

/** @throws Error where a file is development's, or a driver's of a store that is not used */
function assertNothingForeign(files: readonly string[], used: readonly string[] = []): void {
  const packages = FOREIGN_PACKAGES.filter((name) => !used.includes(name)).map(
    (name) => `node_modules/${name}`,
  );
  const foreign = files.filter((file) => {
    if (file === "docs" || SHOWN.test(file)) return false; // part: learn
    const isTest = /\.(test|spec)\.tsx?$/.test(file) && !file.includes("node_modules/");
    return isTest || [...FOREIGN_FOLDERS, ...packages].some((folder) => `${file}/`.startsWith(`${folder}/`));
  });
  if (foreign.length) throw new Error(`Development is deployed: ${foreign.slice(0, 5).join(", ")}`);
}

async function until(isDone: () => Promise<boolean>, what: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (await isDone().catch(() => false)) return;
    await pause(200);
  }
  throw new Error(`${what} did not come within a minute`);
}

function assert(condition: boolean, promise: string): void {
  if (!condition) throw new Error(`Not kept: ${promise}`);
  console.log(`ok: ${promise}`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
