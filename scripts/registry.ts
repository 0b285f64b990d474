/**
 * `npm run registry`: makes the files in public/r. Each file is a registry item that `npx shadcn add URL` copies into
 * another Next.js app: the login, without the code that only this app needs.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { filesOf, ITEMS, PARTS, WHOLE_APP } from "./parts.ts";
import { withoutParts, withoutTags } from "./tags.ts";

export const FOLDER = "public/r";

/** The entry points of the login. The files that they import are included too. */
const ENTRIES = [
  "lib/auth/**/*.ts{,x}",
  "app/{,api/}auth/**/route.ts",
  ".env.example",
  "middleware.ts",
  "instrumentation.ts",
];

/** The folder of unstyled pages. Registry items contain these pages, and none of this app's own pages. */
const PAGES = "scripts/registry";

/** Files that an app may have. They come last: shadcn asks whether to overwrite them, and stops if nobody answers. */
const LAST = [".env.local", "app/profile/page.tsx", "instrumentation.ts", "proxy.ts"];

const IMPORT = /\b(?:from|import)\s*\(?\s*["']([^"'\n]+)["']/g;
const PROVIDED = ["next", "react", "react-dom", "server-only", ...builtinModules];

/** The texts that shadcn shows: the title in a list of items, and `docs` after an item was added. */
const TEXTS: Readonly<Record<string, { readonly title: string; readonly docs: readonly string[] }>> = {
  auth: {
    title: "Log in with any OpenID Connect provider",
    docs: [
      "1. Fill in .env.local (SESSION_SECRET, OIDC_ISSUER, OIDC_CLIENT_ID). Register http://localhost:3000/auth/callback and http://localhost:3000/ with the provider.",
      "2. Open /profile, which needs a login. In each page of your own that needs a login, call requireUser in the same way, and add the page to lib/auth/routes.ts.",
      "3. If you already had a proxy.ts or an instrumentation.ts, join it with the new code.",
      "docs/add-to-your-app.md, in the repository of this item, says how.", // part: docs
    ],
  },
  // part: store
  "auth-store": {
    title: "Keeps sessions in a database, and adds back-channel logout. Add auth.json first",
    docs: [
      "1. Read git diff, and restore your own lines in files that were replaced.",
      "2. Set SESSION_STORE_URL, for example sqlite:data/sessions.db (keep it out of git). The other databases need their driver: @redis/client, pg, mysql2 or mongodb.",
      "3. If the provider has back-channel logout, register APP_BASE_URL/auth/backchannel-logout there.", // part: remote-logout
    ],
  },
  // end part: store
  // part: broker
  broker: {
    title: "Lets programs log in through your app. Add auth.json first. This item includes auth-store.json",
    docs: [
      "1. Read git diff, and restore your own lines in files that were replaced.",
      "2. Set SESSION_STORE_URL. Set BROKER_AUDIENCE to the address of your API. Register APP_BASE_URL/auth/v2/callback with the provider.",
      "3. Guard the routes of your API with requireToken of lib/auth/broker.",
    ],
  },
  // end part: broker
};

/** Makes the files of {@link FOLDER}. @returns the text of each file, by file name */
export function registryFiles(): Map<string, string> {
  const work = mkdtempSync(path.join(tmpdir(), "oidc-registry-"));
  try {
    const trees = Object.entries(ITEMS).map(([name, parts]) => {
      writeTree(path.join(work, name), sourcesWith(parts));
      return name;
    });
    biome(work); // formats: after the removal of lines, some imports and brackets fit on one line
    const core = readTree(path.join(work, "auth"));
    for (const name of trees) {
      const tree = readTree(path.join(work, name));
      const files = name === "auth" ? tree : [...tree].filter(([file, text]) => core.get(file) !== text);
      const item = `${JSON.stringify(itemOf(name, new Map(files), core), null, 2)}\n`;
      writeTree(path.join(work, FOLDER), new Map([[`${name}.json`, item]]));
    }
    biome(path.join(work, FOLDER));
    return readTree(path.join(work, FOLDER));
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** The source files of the core and these parts, by their path in the app that adds the item. */
function sourcesWith(parts: readonly string[]): Map<string, string> {
  const removed = Object.keys(PARTS).filter((name) => !parts.includes(name));
  const left = new Set(filesOf(removed.filter((name) => name !== "registry")));
  const isIn = (file: string) =>
    !left.has(file) && !/\.test\.|\/tests\//.test(file) && statSync(file).isFile();
  const pages = readdirSync(PAGES, { recursive: true, encoding: "utf8" }).map((file) =>
    path.join(PAGES, file),
  );
  const served = filesOf(parts).filter((file) => file.startsWith("public/") && !file.startsWith(FOLDER));
  const wanted = [...globSync(ENTRIES), ...pages, ...served]
    .map((file) => file.replaceAll("\\", "/"))
    .filter(isIn);
  const sources = new Map<string, string>();
  for (let file = wanted.pop(); file; file = wanted.pop()) {
    const target = targetOf(file);
    if (sources.has(target)) continue;
    const text = withoutTags(withoutParts(readFileSync(file, "utf8"), [...removed, WHOLE_APP], file));
    wanted.push(...importsOf(text, file));
    sources.set(target, edit(file, text));
  }
  return sources;
}

function targetOf(file: string): string {
  if (file.startsWith(`${PAGES}/`)) return file.slice(PAGES.length + 1);
  return { "middleware.ts": "proxy.ts", ".env.example": ".env.local" }[file] ?? file;
}

/** The files of this project that a file imports. */
function importsOf(text: string, file: string): string[] {
  const names = [...text.matchAll(IMPORT)].map(([, name = ""]) => name);
  return names
    .filter((name) => /^(@\/|\.)/.test(name))
    .map((name) => (name.startsWith("@/") ? name.slice(2) : path.posix.join(path.posix.dirname(file), name)))
    .map((name) => {
      const found = [name, `${name}.ts`, `${name}.tsx`, `${name}/index.ts`].find(
        (one) => existsSync(one) && statSync(one).isFile(),
      );
      if (!found) throw new Error(`${file} imports ${name}, which does not exist`);
      return found;
    });
}

type Edits = readonly (readonly [from: RegExp, to: string])[];

/** Regular expressions for the settings that are empty in the new .env.local, so that the app's owner fills them in. */
const TO_FILL_IN = [
  "SESSION_SECRET",
  "OIDC_ISSUER",
  "OIDC_CLIENT_ID",
  "OIDC_CLIENT_SECRET",
  "SESSION_STORE_URL(?==sqlite)", // part: store
  "BROKER_AUDIENCE", // part: broker
];

/** The changes to make to a file before another app gets it, by the file's path in this project. */
const EDITS: Readonly<Record<string, Edits>> = {
  "middleware.ts": [
    [/(?<=export async function )middleware\b/, "proxy"],
    [
      /, redirects visitors without a session, and sets\n \* the security headers\./,
      " and redirects visitors without a session.",
    ],
    [/\(\?:auth\/\)\?(?=\(\?:login)/, "auth/"], // no aliases, because they need rewrites in next.config.ts
  ],
  "lib/auth/routes.ts": [[/ alias: "[^"]+",/g, ""]],
  "lib/site.ts": [
    [/(?<=\bname: )".*"/, '"My app"'],
    [/(?<=\bid: )".*"/, '"my-app"'],
  ],
  ".env.example": [
    [
      /^#\n/,
      "# Settings of the login. The server reads them when it starts. In production, set them in the environment.\n#\n",
    ],
    [/^#APP_BASE_URL=.*/m, "APP_BASE_URL=http://localhost:3000"],
    [new RegExp(`^#(${TO_FILL_IN.join("|")})=.*`, "gm"), "$1="],
  ],
};

function edit(file: string, text: string): string {
  let edited = text;
  for (const [from, to] of EDITS[file] ?? []) {
    if (edited.search(from) === -1)
      throw new Error(`scripts/registry.ts: nothing in ${file} matches ${from}`);
    edited = edited.replace(from, to);
  }
  // By default, TypeScript does not allow imports with the extension .ts.
  return edited.replace(/((?:from|import)\s*\(?\s*"[@.][^"\n]*)\.tsx?"/g, '$1"');
}

function itemOf(name: string, files: ReadonlyMap<string, string>, core: ReadonlyMap<string, string>): object {
  const known = name === "auth" ? [] : packagesIn(core);
  const order = (file: string) => LAST.indexOf(file);
  return {
    $schema: "https://ui.shadcn.com/schema/registry-item.json",
    name,
    type: "registry:item",
    title: TEXTS[name]?.title,
    dependencies: packagesIn(files)
      .filter((one) => !known.includes(one))
      .map(withVersion),
    ...(name === "auth" && { devDependencies: [withVersion("@types/node")] }),
    files: [...files]
      .sort(([a], [b]) => order(a) - order(b) || (a < b ? -1 : 1))
      .map(([file, content]) => ({ path: file, type: "registry:file", target: placeOf(file), content })),
    docs: TEXTS[name]?.docs.join("\n"),
  };
}

/** `~` is the project's folder. Without `~`, shadcn puts the file below src/ if the project has that folder. */
function placeOf(file: string): string {
  return /^(\.|public\/)/.test(file) ? `~/${file}` : file;
}

function packagesIn(files: ReadonlyMap<string, string>): string[] {
  const names = [...files.values()].flatMap((text) =>
    [...text.matchAll(IMPORT)].map(([, name = ""]) => name),
  );
  const packages = names
    .filter((name) => !/^(@\/|\.|node:)/.test(name))
    .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
  return [...new Set(packages)].filter((name) => !PROVIDED.includes(name)).sort();
}

function withVersion(name: string): string {
  const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  const version = dependencies[name] ?? (name.startsWith("@types/") && devDependencies[name]);
  if (!version) throw new Error(`${name} is imported, but it is not a dependency in package.json`);
  return `${name}@${version}`;
}

function writeTree(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [name, text] of files) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function readTree(folder: string): Map<string, string> {
  const files = globSync(["**/*", "**/.env.local"], { cwd: folder })
    .filter((file) => statSync(path.join(folder, file)).isFile())
    .map((file) => [file.replaceAll("\\", "/"), readFileSync(path.join(folder, file), "utf8")] as const);
  return new Map(files);
}

function biome(folder: string): void {
  const cli = path.resolve("node_modules/@biomejs/biome/bin/biome");
  const config = ["--config-path", path.resolve(".biome.json"), "--vcs-enabled=false"];
  execFileSync(process.execPath, [cli, "check", "--write", ...config, folder], { stdio: "pipe" });
}

if (process.argv[1] === import.meta.filename) {
  const files = registryFiles();
  rmSync(FOLDER, { recursive: true, force: true });
  writeTree(FOLDER, files);
}
