/** Tests the project's rules about folders and imports. They apply to static, dynamic and type imports. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** The layers, from the bottom up. A layer imports only from itself and from the layers below it. */
const LAYERS = ["lib", "components", "app"];

const TOOLS = /^(bench|dev|e2e)\//;

/** Maps a folder in dev/ to its face: the only file that other folders import. Tests may import any file. */
const FACES: Readonly<Record<string, string>> = {
  start: "dev/start/environment.ts",
  provider: "dev/provider/provider.ts",
  "message-api": "dev/message-api/message-api.ts",
  doctor: "dev/doctor/doctor.ts",
};

const IMPORT = /\b(?:from|import)\s*\(?\s*["']([^"'\n]+)["']/g;

/** Matches the files that may read `process.env`. All other files get their settings from lib/settings.ts. */
const READS_ENVIRONMENT = /^(lib\/settings\.ts|next\.config\.ts|scripts\/.*|(bench|dev|e2e)\/.*)$/;

interface Source {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const outside = ["**/node_modules/**", "**/.*/**", "**/*.{test,spec}.*", "dev/*/test-*.ts", "**/*.d.ts"];
const sources = globSync("**/*.{ts,tsx,mjs}", { cwd: ROOT, exclude: outside }).map(read);

function read(found: string): Source {
  const file = found.replaceAll("\\", "/");
  const text = readFileSync(path.join(ROOT, file), "utf8");
  const names = [...text.matchAll(IMPORT)].map(([, name = ""]) => name);
  const own = names.filter((name) => /^(@\/|\.)/.test(name));
  const packages = names.filter((name) => !own.includes(name)).map((name) => name.split("/")[0] ?? "");
  return {
    file,
    text,
    packages,
    imports: own.flatMap((name) => resolve(name, path.posix.dirname(file)) ?? []),
  };
}

function resolve(name: string, folder: string): string | undefined {
  const target = name.startsWith("@/") ? name.slice(2) : path.posix.join(folder, name);
  return [target, `${target}.ts`, `${target}.tsx`].find((file) => {
    return existsSync(path.join(ROOT, file)) && statSync(path.join(ROOT, file)).isFile();
  });
}

const topOf = (file: string) => file.split("/")[0] ?? "";

function arrows(isWrong: (file: string, target: string) => boolean): string[] {
  return sources.flatMap(({ file, imports }) =>
    imports.filter((target) => isWrong(file, target)).map((target) => `${file} imports ${target}`),
  );
}

function usersOf(name: string, isAllowed: (file: string) => boolean): string[] {
  const users = sources.filter(({ file, packages }) => packages.includes(name) && !isAllowed(file));
  return users.map(({ file }) => `${file} imports ${name}`);
}

/** Finds import circles: keeps removing files that import no remaining file, or that no remaining file imports. */
function circles(): string[] {
  let rest = sources;
  for (let size = -1; size !== rest.length; ) {
    size = rest.length;
    const files = new Set(rest.map(({ file }) => file));
    const imported = new Set(rest.flatMap(({ imports }) => imports));
    rest = rest.filter((one) => imported.has(one.file) && one.imports.some((target) => files.has(target)));
  }
  return rest.map(({ file }) => `${file} is in a circle`);
}

const RULES: Readonly<Record<string, () => string[]>> = {
  "app imports components and lib, components import lib, and lib imports neither": () =>
    arrows((file, target) => {
      const [own, other] = [LAYERS.indexOf(topOf(file)), LAYERS.indexOf(topOf(target))];
      return own >= 0 && other > own;
    }),
  "production imports nothing from bench, dev and e2e": () =>
    arrows((file, target) => !TOOLS.test(file) && TOOLS.test(target)),
  "dev imports nothing from bench, and only the test runner in dev imports from e2e": () =>
    arrows((file, target) => {
      const isRunner = file.startsWith("dev/testing/run/") && topOf(target) === "e2e";
      return topOf(file) === "dev" && ["bench", "e2e"].includes(topOf(target)) && !isRunner;
    }),
  "only lib/auth/provider imports openid-client": () =>
    usersOf("openid-client", (file) => file.startsWith("lib/auth/provider/")),
  "only session-cookie.ts and the benchmark import iron-session": () =>
    usersOf("iron-session", (file) => file === "lib/auth/session-cookie.ts" || topOf(file) === "bench"),
  "only lib/settings.ts, scripts and development tools read process.env, except for NODE_ENV": () =>
    sources
      .filter(
        ({ file, text }) =>
          /\bprocess\.env\b(?!\.(NODE_ENV|NEXT_RUNTIME)\b)/.test(text) && !READS_ENVIRONMENT.test(file),
      )
      .map(({ file }) => `${file} reads process.env`),
  "no file imports itself, directly or through others": circles,
  "a folder has at most 16 sources": () =>
    Object.entries(Object.groupBy(sources, ({ file }) => path.posix.dirname(file)))
      .filter(([, files = []]) => files.length > 16)
      .map(([folder]) => `${folder} has more than 16 sources`),
  "other folders import only the face of a folder in dev": () =>
    arrows((file, target) => {
      const [, folder = ""] = /^dev\/([^/]+)\//.exec(target) ?? [];
      return folder in FACES && !file.startsWith(`dev/${folder}/`) && FACES[folder] !== target;
    }),
};

test.each(Object.entries(RULES))("%s", (_, violations) => {
  expect(violations()).toEqual([]);
});

test("the rules find the project's files, with their imports and packages", () => {
  const guard = sources.find(({ file }) => file === "lib/auth/session-cookie.ts");
  expect(guard?.packages).toContain("iron-session");
  expect(sources.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(90);
});
