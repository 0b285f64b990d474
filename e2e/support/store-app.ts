import { type AppServer, startAppServer } from "./app-server.ts";
import { createSqliteStore } from "./sqlite-store.ts";
import type { Stack } from "./stack.ts";

/** Starts an app that keeps its sessions in SQLite and takes logout tokens; it outlives the test. */
export async function startStoreApp(stack: Stack): Promise<AppServer> {
  const store = createSqliteStore();
  const settings = { ...stack.takeAddress(), SESSION_STORE_URL: store.url };
  const app = await startAppServer(settings, Number(new URL(settings.APP_BASE_URL).port));
  stack.followLog(app.log);
  return {
    ...app,
    stop: async () => {
      await app.stop();
      store.remove();
    },
  };
}
