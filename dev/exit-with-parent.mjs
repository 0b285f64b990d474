/**
 * `spawnNode` preloads this module into a child process, which has an IPC channel and PARENT_PID. The module ends the
 * child when the parent ends for any reason. Next.js also preloads the module into the processes that Next.js starts.
 * In those processes, PARENT_PID is not the id of the parent, so the module does nothing.
 */
if (process.env.PARENT_PID === String(process.ppid)) {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();
}
