import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bin } from "@/dev/testing/run/steps.ts";
import { ITEMS } from "./parts.ts";
import { FOLDER, registryFiles } from "./registry.ts";

interface Item {
  readonly dependencies: readonly string[];
  readonly files: readonly { readonly path: string; readonly target: string; readonly content: string }[];
}

const read = (name: string) => readFileSync(path.join(FOLDER, name), "utf8");
const items = Object.keys(ITEMS).map((name) => [name, JSON.parse(read(`${name}.json`)) as Item] as const);
/** The tsconfig.json that create-next-app writes, as far as the compiler needs it. */
const NEW_APP = {
  compilerOptions: {
    target: "ES2017",
    lib: ["dom", "dom.iterable", "esnext"],
    skipLibCheck: true,
    strict: true,
    noEmit: true,
    esModuleInterop: true,
    module: "esnext",
    moduleResolution: "bundler",
    isolatedModules: true,
    jsx: "react-jsx",
    types: ["node"],
    paths: { "@/*": ["./*"] },
  },
};

const login = items[0]?.[1].files ?? [];

describe("public/r", () => {
  let made: Map<string, string>;
  beforeAll(() => {
    made = registryFiles();
  }, 60_000);

  test("public/r contains exactly the registry items", () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...made.keys()].sort());
  });

  test.each(Object.keys(ITEMS))("public/r contains an up-to-date %s", (name) => {
    const isCurrent = read(`${name}.json`) === made.get(`${name}.json`);
    expect(isCurrent, "public/r is out of date: run npm run registry, and commit it").toBe(true);
  });
});

describe.each(items)("the registry item %s", (_, { files, dependencies }) => {
  const known = new Set([...login, ...files].map((file) => file.path.replace(/\.tsx?$/, "")));

  test("the item contains every file that its files import", () => {
    for (const { path: file, content } of files) {
      for (const [, name = ""] of content.matchAll(/(?:from|import\()\s*"((?:@\/|\.)[^"]+)"/g)) {
        const target = name.startsWith("@/")
          ? name.slice(2)
          : path.posix.join(path.posix.dirname(file), name);
        expect(
          [target, `${target}/index`].some((one) => known.has(one)),
          `${file} imports ${name}`,
        ).toBe(true);
      }
    }
  });

  // `npm run test:starters` builds a new app with the item. This test only compiles the files, which is faster.
  test("the item compiles with the options of a new Next.js app", { timeout: 120_000 }, () => {
    const app = mkdtempSync(path.join(tmpdir(), "oidc-item-"));
    onTestFinished(() => rmSync(app, { recursive: true }));
    symlinkSync(path.resolve("node_modules"), path.join(app, "node_modules"), "junction");
    writeFileSync(path.join(app, "tsconfig.json"), JSON.stringify(NEW_APP));
    for (const { path: file, content } of [...login, ...files]) {
      mkdirSync(path.join(app, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(app, file), content);
    }
    const { stdout } = spawnSync(process.execPath, [bin("typescript", "tsc"), "--project", app], {
      encoding: "utf8",
    });
    expect(stdout).toBe("");
  });

  test("the item contains no secret, no test and no tag of a part", () => {
    expect(files.filter((file) => /\.test\.|\/tests\//.test(file.path))).toEqual([]);
    expect(files.filter(({ content }) => /\bpart: [a-z]/.test(content)).map((file) => file.path)).toEqual([]);
    const [settings] = files.filter((file) => file.target === "~/.env.local");
    expect(settings?.content).toMatch(/^SESSION_SECRET=$/m);
  });

  test("the item states the same version of each package as package.json", () => {
    const manifest = JSON.parse(readFileSync("package.json", "utf8"));
    for (const one of dependencies) {
      const [, name = "", version] = /^(.+)@(.+)$/.exec(one) ?? [];
      expect(manifest.dependencies[name], name).toBe(version);
    }
  });
});

test("the registry's login contains no parts, no headers for pages and no guard for all of /api", () => {
  const contentOf = (file: string) => login.find((one) => one.path === file)?.content ?? "";
  expect(login.map((file) => file.path)).not.toContainEqual(
    expect.stringMatching(/stored|remote-logout|broker/),
  );
  expect(contentOf("proxy.ts")).toContain("export async function proxy(");
  expect(contentOf("proxy.ts")).not.toMatch(/securityHeaders|runtime:/);
  expect(contentOf("lib/auth/routes.ts")).not.toContain('"/api"');
});
