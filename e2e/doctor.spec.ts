import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { unusedOrigin } from "../dev/testing/local-server.ts";
import { SITE } from "../lib/site.ts";
import { type AppSettings, appEnvironment, newSessionSecret } from "./support/app/environment.ts";
import { expect, test } from "./support/test.ts";

const ROOT = path.resolve(import.meta.dirname, "..");

/** The output of `npm run doctor`, and its exit code. */
interface DoctorRun {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs `npm run doctor` with only these settings. */
async function runDoctor(settings: AppSettings, ...options: string[]): Promise<DoctorRun> {
  // Runs npm instead of the script, so that the command in package.json is tested too.
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const child = spawn(npm, ["run", "--silent", "doctor", "--", ...options], {
    cwd: ROOT,
    env: { ...appEnvironment(settings), FORCE_COLOR: "0", npm_config_loglevel: "silent" },
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (errors += text));
  const [code] = await once(child, "close");
  return { code, output, errors };
}

/** The lines of the output that report a finding. Each begins with a sign. */
function linesOf({ output }: DoctorRun): string[] {
  return output.split("\n").filter((line) => /^[✓!✗-] /.test(line));
}

test("npm run doctor finds no problem with the embedded provider and API", async ({ stack }) => {
  const run = await runDoctor(stack.settings);
  expect(run.errors).toBe("");
  expect(run.output).toContain("no errors, no warnings, 15 ok.");
  expect(linesOf(run)).toHaveLength(15);
  expect(run.code).toBe(0);
});

test("npm run doctor names all problems at once, says what to change, and shows no secret", async ({
  stack,
}) => {
  const secret = newSessionSecret();
  const run = await runDoctor({
    ...stack.settings,
    APP_BASE_URL: "https://app.example.com",
    OIDC_CLIENT_ID: `${SITE.id}-confidential`,
    OIDC_CLIENT_SECRET: secret,
    API_SERVER_URL: await unusedOrigin(),
  });
  expect(run.code).toBe(1);
  expect(linesOf(run).filter((line) => line.startsWith("✗"))).toEqual([
    expect.stringContaining("Client id and callback URL"),
    expect.stringContaining("Client authentication"),
    expect.stringContaining("Logout"),
    expect.stringContaining("Message API"),
  ]);
  expect(run.output).toContain("https://app.example.com/auth/callback");
  expect(run.output).toContain("Copy OIDC_CLIENT_SECRET again");
  expect(run.output).toContain("does not answer");
  expect(run.output).not.toContain(secret);
});

test("npm run doctor -- --json prints one JSON document", async ({ stack }) => {
  const run = await runDoctor({ ...stack.settings, OIDC_CLIENT_ID: "" }, "--json");
  expect(run.code).toBe(1);
  expect(JSON.parse(run.output)).toMatchObject({
    version: 1,
    status: "error",
    mode: "production",
    counts: { error: 1 },
    findings: expect.arrayContaining([
      {
        check: "settings",
        title: "Settings",
        status: "error",
        seen: expect.stringMatching(/^OIDC_CLIENT_ID is missing/),
        fix: expect.any(Array),
        guide: null,
      },
    ]),
  });
});

test("npm run doctor exits within seconds if the provider is down", async ({ stack }) => {
  const startedAt = Date.now();
  const run = await runDoctor({ ...stack.settings, OIDC_ISSUER: await unusedOrigin() });
  expect(Date.now() - startedAt).toBeLessThan(15_000);
  expect(run.code).toBe(1);
  expect(run.output).toContain("ECONNREFUSED");
});

test("npm run doctor -- --development tells a newcomer that no setting is needed", async () => {
  const run = await runDoctor({ PORT: "4141", PROVIDER_PORT: "1" } as AppSettings, "--development");
  expect(run.code).toBe(0);
  for (const path of ["/auth/callback", "/"]) expect(run.output).toContain(` http://localhost:4141${path}\n`);
  expect(run.output).toContain("npm run dev");
  expect(run.output).toContain("OIDC_ISSUER=");
});

test("npm run doctor names an unknown option in its error message", async () => {
  const run = await runDoctor({}, "--fast");
  expect(run.code).toBe(1);
  expect(run.errors).toContain("--fast");
});
