import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../../lib/clock.ts";
import type { Settings } from "../../../lib/settings.ts";
import { SITE } from "../../../lib/site.ts";
import { openStore } from "../../../lib/store/open-store.ts";
import { isStoreError } from "../../../lib/store/store.ts";
import { error, ok, type Result } from "../report/finding.ts";
import type { Tell } from "../report/foreign-text.ts";

/** "Session store": an entry can be written, replaced, read and removed again. */
export async function checkSessionStore({
  settings,
  tell,
}: {
  readonly settings: Pick<Settings, "sessionStoreUrl">;
  readonly tell: Tell;
}): Promise<Result> {
  const { sessionStoreUrl } = settings;
  if (!sessionStoreUrl) return ok("None: sessions live in encrypted cookies.");
  const store = openStore(sessionStoreUrl);
  const key = `${SITE.id}:doctor:${randomUUID()}`;
  const startedAt = performance.now();
  try {
    const expiresAt = nowInSeconds() + 60;
    await store.set(key, "written", expiresAt);
    await store.replace(key, "written", { value: "replaced", expiresAt });
    const [read] = await store.get([key]);
    await store.delete([key]);
    if (read !== "replaced")
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
