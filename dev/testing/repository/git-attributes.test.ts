import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const hasGit = spawnSync("git", ["--version"]).status === 0;

test.skipIf(!hasGit)(
  "a clone keeps LF line endings even if git is set to convert them to CRLF (core.autocrlf)",
  () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "oidc-clone-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    // If a git hook runs this test, GIT_* variables would direct `git` to this project's repository.
    const env = { ...process.env };
    for (const name of Object.keys(env)) if (name.startsWith("GIT_")) delete env[name];
    const settings = ["user.name=nobody", "user.email=nobody@example.com", "commit.gpgSign=false"];
    const git = (...args: string[]) => {
      const all = [...settings.flatMap((setting) => ["-c", setting]), ...args];
      const { status, stderr } = spawnSync("git", all, { cwd: folder, env, encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
    };
    git("init", "--quiet", "origin");
    const origin = path.join(folder, "origin");
    copyFileSync(path.join(ROOT, ".gitattributes"), path.join(origin, ".gitattributes"));
    const files = ["page.tsx", "page.css", "README.md", ".env.example", "script"];
    for (const file of files) writeFileSync(path.join(origin, file), "one\ntwo\n");
    git("-C", "origin", "add", ".");
    git("-C", "origin", "commit", "--quiet", "--message", "files");
    git("clone", "--quiet", "--config", "core.autocrlf=true", "origin", "clone");
    for (const file of files) {
      expect(readFileSync(path.join(folder, "clone", file), "utf8")).toBe("one\ntwo\n");
    }
  },
);
