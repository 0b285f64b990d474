import { quote } from "../log.ts";
import { type Backend, type Store, StoreError, type TimeLimits } from "./store.ts";
import type { StoreAddress } from "./store-url.ts";

/**
 * Wraps a back end as a store. The first operation opens the back end. If that fails, the next operation tries again.
 * Each operation has a time limit. Errors are safe to log.
 *
 * @param open opens the back end; may throw any error
 */
export function lazyStore(
  address: Pick<StoreAddress, "place" | "secrets">,
  open: () => Promise<Backend>,
  limits: TimeLimits,
): Store {
  let opening: Promise<Backend> | undefined;

  function opened(): Promise<Backend> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  async function run<T>(operation: (backend: Backend) => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        opening?.then(({ onTimeout }) => onTimeout?.()).catch(() => {});
        reject(new Error(`no answer within ${limits.operation / 1000} s`));
      }, limits.operation);
    });
    try {
      return await Promise.race([opened().then(operation), timeout]);
    } catch (error) {
      throw new StoreError(`${address.place}: ${describe(error, address.secrets)}`);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    get: async (keys) => (keys.length === 0 ? [] : run((store) => store.get(keys))),
    set: (key, value, expiresAt) => run((store) => store.set(key, value, expiresAt)),
    add: (key, value, expiresAt) => run((store) => store.add(key, value, expiresAt)),
    replace: (key, expected, next) => run((store) => store.replace(key, expected, next)),
    async delete(keys) {
      if (keys.length > 0) await run((store) => store.delete(keys));
    },
    async close() {
      if (!opening) return;
      await run((store) => store.close()).finally(() => {
        opening = undefined;
      });
    },
  };
}

/**
 * Describes a driver's error for the log by its code and message. Omits a message that contains a secret of the URL.
 * The error is not used as a `cause`, because some errors contain the whole configuration of the connection.
 */
function describe(error: unknown, secrets: readonly string[]): string {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const quoted = quote(message ?? "");
  const text = secrets.some((secret) => quoted.includes(secret)) ? "" : quoted;
  const label = typeof code === "string" || typeof code === "number" ? String(code) : "";
  return [text.includes(label) ? "" : label, text].filter(Boolean).join(" ") || "failed";
}
