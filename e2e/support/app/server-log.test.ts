import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { ServerLog } from "./server-log.ts";

/** A server that sends a letter to its client. Soon afterwards, it prints a line and sends a second letter. */
const SERVER = `
  const server = require("node:net").createServer((socket) => {
    socket.write("a");
    setTimeout(() => {
      console.log('{"level":"warn"}');
      socket.write("b");
    }, 20);
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));`;

test("after caughtUp(), the log contains every line that the server printed before its last answer", async () => {
  const child = spawn(process.execPath, ["-e", SERVER], { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  onTestFinished(() => void child.kill());
  const log = new ServerLog();
  if (child.stdout) log.follow(child.stdout);
  const [port] = await once(child, "message");
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "data");
  // While this test blocks, the line and the second letter arrive. Afterwards, Node.js reads the letter first, because
  // its last read was from the socket too.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  await once(socket, "data");
  expect((await log.caughtUp()).having({ level: "warn" })).toHaveLength(1);
  expect(log.having({ level: "warn" }, 1)).toEqual([]);
});
