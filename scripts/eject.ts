import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import {
  filesOf,
  PARTS,
  WHOLE_APP, // part: registry
  withDependents,
} from "./parts.ts";
import {
  textFiles,
  withoutParts,
  withoutTags, // part: registry
} from "./tags.ts";

const USAGE = `Usage: npm run eject -- [--dry-run] [--force] PART...
       npm run eject -- --list

Removes parts of the app that you do not need: ${Object.keys(PARTS).join(", ")}.`;

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { list: { type: "boolean" }, "dry-run": { type: "boolean" }, force: { type: "boolean" } },
  });
  if (values.list) {
    list();
    return;
  }
  const unknown = positionals.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length) throw new Error(`There is no part ${unknown.join(", ")}.\n\n${USAGE}`);
  if (!positionals.length) throw new Error(USAGE);
  if (!values["dry-run"] && !values.force) refuseUncommitted();
  eject(withDependents(positionals), { dryRun: values["dry-run"] ?? false });
}

function list(): void {
  for (const [name, { about, needs, files }] of Object.entries(PARTS)) {
    console.log(`${name.padEnd(14)} ${about}${needs ? ` (needs ${needs})` : ""}`);
    console.log(`${" ".repeat(15)}${files.filter((file) => !file.includes("*")).join(" ")}`);
  }
}

/** Throws if there are uncommitted changes or no git repository, because git can restore only what was committed. */
function refuseUncommitted(): void {
  let changes: string;
  try {
    changes = execFileSync("git", ["status", "--porcelain"], { encoding: "utf8", stdio: "pipe" });
  } catch {
    throw new Error(
      "This folder is not a git repository, so you could not restore what is removed. Use --force to eject anyway.",
    );
  }
  if (changes) {
    throw new Error("There are uncommitted changes. Commit them first, or use --force to eject anyway.");
  }
}

function eject(names: string[], { dryRun }: { readonly dryRun: boolean }): void {
  const parts = names.flatMap((name) => PARTS[name] ?? []);
  const files = filesOf(names);
  const removed = new Set(files);
  const edited = textFiles()
    .filter((file) => !removed.has(file))
    .map((file) => ({ file, before: readFileSync(file, "utf8") }))
    .map(({ file, before }) => ({ file, before, after: without(names, before, file) }))
    .filter(({ before, after }) => before !== after);
  const manifest = withoutPackages(parts);
  if (dryRun) {
    for (const { file } of edited) console.log(`edit   ${file}`);
    for (const file of parts.flatMap((part) => part.files)) console.log(`remove ${file}`);
    console.log(`\nNothing was changed. Without --dry-run, this removes ${names.join(", ")}.`);
    return;
  }
  for (const { file, after } of edited) writeFileSync(file, after);
  for (const file of files) remove(file);
  writeFileSync("package.json", manifest);
  run("npm", ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]);
  run(process.execPath, [path.join("node_modules", "@biomejs", "biome", "bin", "biome"), "check", "--write"]);
  if (existsSync("public/r")) run(process.execPath, ["scripts/registry.ts"]); // part: registry
  report(names, files.length, edited);
}

function without(names: readonly string[], before: string, file: string): string {
  let text = withoutParts(before, names, file);
  if (names.includes("registry")) text = withoutTags(text, [WHOLE_APP]); // part: registry
  return text;
}

/** Removes a file or folder, and every parent folder that this leaves empty. */
function remove(file: string): void {
  rmSync(file, { recursive: true, force: true });
  const folder = path.dirname(file);
  if (folder !== "." && existsSync(folder) && readdirSync(folder).length === 0) remove(folder);
}

function report(
  names: readonly string[],
  fileCount: number,
  edited: readonly { readonly before: string; readonly after: string }[],
): void {
  const lines = edited.map(({ before, after }) => before.split("\n").length - after.split("\n").length);
  console.log(`Removed ${names.join(", ")}.`);
  console.log(`${fileCount} files and folders were deleted.`);
  console.log(
    `${lines.reduce((sum, count) => sum + count, 0)} lines were removed from ${edited.length} files.`,
  );
  console.log("package.json and package-lock.json no longer list what was removed.");
  console.log("Next: npm install && npm test, then read the diff and commit.");
}

function withoutPackages(parts: readonly (typeof PARTS)[string][]): string {
  const text = readFileSync("package.json", "utf8");
  const manifest = JSON.parse(text) as Record<string, Record<string, unknown>>;
  for (const { scripts = [], dependencies = [] } of parts) {
    for (const name of scripts) delete manifest.scripts?.[name];
    for (const name of dependencies) {
      for (const kind of ["dependencies", "devDependencies"]) delete manifest[kind]?.[name];
    }
  }
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Runs a command. If the command fails, the ejection continues, and a message says to run the command later. */
function run(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: "pipe", shell: process.platform === "win32" });
  } catch {
    console.error(
      `"${path.basename(command)} ${args.slice(0, 2).join(" ")}" failed. Run it yourself when the ejection has finished.`,
    );
  }
}
