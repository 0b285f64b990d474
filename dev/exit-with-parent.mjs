/**
 * Preloaded into a child that was started with an IPC channel and PARENT_PID: ends it when its parent is gone, however
 * that ended. Next.js hands its own options down to the processes it starts; those are not ours to end.
 */
if (process.env.PARENT_PID === String(process.ppid)) {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();
}
