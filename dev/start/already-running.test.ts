import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../testing/local-server.ts";
import { checkNotRunning } from "./ports.ts";

const NO_PROCESS = 2 ** 30;

async function folderWithLock(lock: string): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), "oidc-lock-"));
  onTestFinished(() => rm(root, { recursive: true }));
  await mkdir(path.join(root, ".next/dev"), { recursive: true });
  await writeFile(path.join(root, ".next/dev/lock"), lock);
  return root;
}

async function listeningPort(): Promise<number> {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "localhost", resolve));
  onTestFinished(() => void server.close());
  return port;
}

const lockOf = (pid: number, port: number) =>
  JSON.stringify({ pid, port, hostname: "localhost", appUrl: `http://localhost:${port}` });

describe("a second npm run dev in the same folder", () => {
  it("the second run fails with a message that says where the first one runs", async () => {
    const port = await listeningPort();
    const root = await folderWithLock(lockOf(process.pid, port));
    await expect(checkNotRunning(root)).rejects.toThrow(
      `already runs from this folder, at http://localhost:${port}`,
    );
  });

  it("the second run starts if the first one was killed and left its lock file", async () => {
    const port = await listeningPort();
    await expect(checkNotRunning(await folderWithLock(lockOf(NO_PROCESS, port)))).resolves.toBeUndefined();
    const unused = await freePort();
    await expect(checkNotRunning(await folderWithLock(lockOf(process.pid, unused)))).resolves.toBeUndefined();
  });

  it.each(["", "null", "[]", '{"pid": "1"}', "{"])(
    "the second run starts if the lock file contains %j",
    async (lock) => {
      await expect(checkNotRunning(await folderWithLock(lock))).resolves.toBeUndefined();
    },
  );

  it("npm run dev starts without a lock file", async () => {
    await expect(checkNotRunning(tmpdir())).resolves.toBeUndefined();
  });
});
