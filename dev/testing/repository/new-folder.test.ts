/** Tests of new top-level folders. `dev/testing/run/build.test.ts` tests that a new folder makes a build stale. */
import { execFile } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import tailwind from "@tailwindcss/postcss";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bin } from "../run/steps.ts";
import vitestConfig from "../vitest.config.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const FOLDERS = ["features/cart", "hooks", "src"];
let project: string;

beforeAll(() => {
  project = mkdtempSync(path.join(tmpdir(), "oidc-folders-"));
  for (const name of ["app", "components", ".biome.json", ".gitignore"]) {
    cpSync(path.join(ROOT, name), path.join(project, name), { recursive: true });
  }
  symlinkSync(path.join(ROOT, "node_modules"), path.join(project, "node_modules"), "junction");
  for (const folder of [...FOLDERS, "dev/start", "e2e/.fixture-app/lib"]) {
    mkdirSync(path.join(project, folder), { recursive: true });
    const size = folder.length;
    writeFileSync(path.join(project, folder, "part.test.ts"), "");
    writeFileSync(
      path.join(project, folder, "part.tsx"),
      `export const part = <p className="mt-[${size}px]" />;\n`,
    );
  }
});

afterAll(() => rmSync(project, { recursive: true }));

test("Vitest runs the tests in a new folder, but no tests in packages and in copies of the app", () => {
  const { include = [], exclude = [] } = vitestConfig.test ?? {};
  const found = globSync(include, { cwd: project, exclude }).map((file) => file.replaceAll("\\", "/"));
  expect(found.filter((file) => file.endsWith("part.test.ts")).sort()).toEqual(
    ["dev/start", ...FOLDERS].map((folder) => `${folder}/part.test.ts`),
  );
});

test("Biome checks a new folder", async () => {
  const file = path.join(project, "features/cart/wrong.ts");
  writeFileSync(file, "debugger;\n");
  const biome = [bin("@biomejs/biome", "biome"), "check", "--reporter=json", "features", "hooks", "src"];
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, biome, { cwd: project }, (_error, stdout) => resolve(stdout));
  });
  expect(output).toContain("lint/suspicious/noDebugger");
});

test("Tailwind finds the classes in a new folder, and ignores the classes in dev/", async () => {
  const from = path.join(project, "app/globals.css");
  const source = `@import "${from.replaceAll("\\", "/")}";`;
  const require = createRequire(import.meta.url);
  const postcss = createRequire(require.resolve("@tailwindcss/postcss"))("postcss"); // the version that the plugin uses
  const { css } = await postcss([tailwind({ base: project })]).process(source, { from });
  for (const folder of FOLDERS) expect(css).toContain(`margin-top: ${folder.length}px`);
  expect(css).not.toContain(`margin-top: ${"dev/start".length}px`);
});
