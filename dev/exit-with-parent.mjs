/**
 * Ends this process when its parent ends for any reason. `spawnNode` preloads this module into each child process, and
 * gives the child an IPC channel and the variable PARENT_PID. If the child is Next.js, it preloads the module into its
 * own child processes too. There, PARENT_PID is not the id of the parent, so the module does nothing.
 */
if (process.env.PARENT_PID === String(process.ppid)) {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();
}
