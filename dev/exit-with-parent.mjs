/**
 * Preloaded into a child process that was started with an IPC channel and PARENT_PID. Ends the child when its parent
 * has ended for any reason. Next.js also preloads this file into processes that it starts. In these, PARENT_PID is not
 * the id of the parent, so this file does nothing.
 */
if (process.env.PARENT_PID === String(process.ppid)) {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();
}
