import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { bin } from "../run/steps.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

test("tsc ignores the types that the development server wrote, so a page can be deleted without an error", async () => {
  const project = await mkdtemp(path.join(tmpdir(), "oidc-types-"));
  onTestFinished(() => rm(project, { recursive: true }));
  await copyFile(path.join(ROOT, "tsconfig.json"), path.join(project, "tsconfig.json"));
  for (const folder of ["app", ".next/types", ".next/dev/types"]) {
    await mkdir(path.join(project, folder), { recursive: true });
    await writeFile(path.join(project, folder, "validator.ts"), "export {};\n");
  }
  const tsc = [bin("typescript", "tsc"), "--listFilesOnly", "--types", "", "--project", project];
  const { stdout } = await promisify(execFile)(process.execPath, tsc);
  const listed = stdout.replaceAll("\\", "/");
  for (const checked of ["/app/validator.ts", "/.next/types/validator.ts"]) expect(listed).toContain(checked);
  expect(listed).not.toContain("/.next/dev/");
});
