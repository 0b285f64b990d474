import type { Stack } from "../stack.ts";
import { type AppServer, startAppServer } from "./server.ts";
import { createSqliteStore, type SqliteStore } from "./sqlite-store.ts";

/** An app that keeps its sessions in a store, and that receives the provider's logout tokens. */
export interface StoreApp extends AppServer {
  readonly store: SqliteStore;
  /** The app's client id at the provider. */
  readonly clientId: string;
}

/** Starts an app that keeps running after the test. The caller stops it. */
export async function startStoreApp(stack: Stack): Promise<StoreApp> {
  const store = createSqliteStore();
  const { OIDC_CLIENT_ID: clientId = "", ...settings } = stack.takeAddress();
  const app = await startAppServer(
    {
      ...settings,
      OIDC_CLIENT_ID: clientId,
      SESSION_STORE_URL: store.url,
      BROKER_AUDIENCE: "https://api.example.com", // part: broker
    },
    Number(new URL(settings.APP_BASE_URL).port),
  );
  stack.followLog(app.log);
  return {
    ...app,
    store,
    clientId,
    stop: async () => {
      await app.stop();
      store.remove();
    },
  };
}
