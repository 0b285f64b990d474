import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../lib/clock.ts";
import { openStore } from "../../lib/store/open-store.ts";
import { isStoreError } from "../../lib/store/store.ts";
import type { Context } from "./context.ts";
import { error, ok, type Result } from "./finding.ts";

/** "Session store": an entry can be written, read and taken away again. */
export async function checkSessionStore({ settings, tell }: Context): Promise<Result> {
  const { sessionStoreUrl } = settings;
  if (!sessionStoreUrl) return ok("None: sessions live in encrypted cookies.");
  const store = openStore(sessionStoreUrl);
  const key = `hello-oidc:doctor:${randomUUID()}`;
  const startedAt = performance.now();
  try {
    await store.set(key, "written", nowInSeconds() + 60);
    const [read] = await store.get([key]);
    await store.delete([key]);
    if (read !== "written")
      return error(
        "The session store does not give back what was written.",
        "See that nothing but this app writes there, and that every instance uses the same database.",
      );
    return ok(`An entry was written, read and taken away in ${Math.ceil(performance.now() - startedAt)} ms.`);
  } catch (thrown) {
    if (!isStoreError(thrown)) throw thrown;
    return error(
      `The session store cannot be used: ${tell(thrown.message)}.`,
      "See that SESSION_STORE_URL names the right server, user and database, and that it can be reached from here.",
    );
  } finally {
    await store.close().catch(() => undefined);
  }
}
