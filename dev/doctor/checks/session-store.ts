import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../../lib/clock.ts";
import type { Settings } from "../../../lib/settings.ts";
import { findDriverProblem, openStore } from "../../../lib/store/open-store.ts";
import { isStoreError, storeKey } from "../../../lib/store/store.ts";
import { error, ok } from "../check.ts";
import type { Tell } from "../report/foreign-text.ts";

/** The check "Session store": whether its driver is installed, and an entry can be written, read and deleted. */
export async function checkSessionStore(given: { settings: Pick<Settings, "sessionStoreUrl">; tell: Tell }) {
  const { sessionStoreUrl } = given.settings;
  if (!sessionStoreUrl) return ok("SESSION_STORE_URL is not set: sessions are kept in encrypted cookies.");
  const problem = await findDriverProblem(sessionStoreUrl);
  if (problem) return error(problem);
  const store = openStore(sessionStoreUrl);
  const key = storeKey("doctor", randomUUID());
  const startedAt = performance.now();
  try {
    const expiresAt = nowInSeconds() + 60;
    await store.set(key, "written", expiresAt);
    await store.replace(key, "written", { value: "replaced", expiresAt });
    const [read] = await store.get([key]);
    await store.delete([key]);
    const how = "Check that only this app writes to the store, and that all instances use the same store.";
    if (read !== "replaced") return error("The session store does not return what was written.", how);
    return ok(`An entry was written, read and deleted in ${Math.ceil(performance.now() - startedAt)} ms.`);
  } catch (thrown) {
    if (!isStoreError(thrown)) throw thrown;
    return error(
      `The session store cannot be used: ${given.tell(thrown.message)}.`,
      "Check the server, the user and the database in SESSION_STORE_URL, and any proxy or firewall on the way to the store.",
    );
  } finally {
    await store.close().catch(() => undefined);
  }
}
