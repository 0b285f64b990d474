/**
 * Preloaded into a child that was started with an IPC channel and PARENT_PID. Ends the child when its parent has ended
 * in any way. Next.js passes its Node.js options on to the processes that it starts, but this file does not end those.
 */
if (process.env.PARENT_PID === String(process.ppid)) {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();
}
