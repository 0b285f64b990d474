import { quote } from "../log.ts";
import { type Backend, type Store, StoreError, type TimeLimits } from "./store.ts";
import type { StoreAddress } from "./store-url.ts";

/**
 * What all back ends have in common: opened by the first operation (and, where that failed, by the next), a time limit
 * for each operation, and errors that are fit for a log.
 *
 * @param open makes the back end; may throw anything
 */
export function lazyStore(
  address: Pick<StoreAddress, "place" | "secrets">,
  open: () => Promise<Backend>,
  limits: TimeLimits,
): Store {
  let opening: Promise<Backend> | undefined;
  let backend: Backend | undefined;

  function opened(): Promise<Backend> {
    opening ??= open().then(
      (made) => {
        backend = made;
        return made;
      },
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  }

  async function run<T>(operation: (backend: Backend) => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const give = () => {
        backend?.onDeadline?.();
        reject(new Error(`no answer within ${limits.operation / 1000} s`));
      };
      timer = setTimeout(give, limits.operation);
    });
    try {
      return await Promise.race([opened().then(operation), late]);
    } catch (error) {
      throw new StoreError(`${address.place}: ${failureOf(error, address.secrets)}`);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    get: async (keys) => (keys.length === 0 ? [] : run((backend) => backend.get(keys))),
    set: (key, value, expiresAt) => run((backend) => backend.set(key, value, expiresAt)),
    add: (key, value, expiresAt) => run((backend) => backend.add(key, value, expiresAt)),
    replace: (key, expected, next) => run((backend) => backend.replace(key, expected, next)),
    async delete(keys) {
      if (keys.length > 0) await run((backend) => backend.delete(keys));
    },
    async close() {
      if (!opening) return;
      await run((backend) => backend.close()).finally(() => {
        opening = undefined;
        backend = undefined;
      });
    },
  };
}

/**
 * What a driver's error may say in a log: its code, and its text where nothing of the URL's secrets stands in it. A
 * driver's error is never passed on as `cause`: some hold the connection's whole configuration.
 */
function failureOf(error: unknown, secrets: readonly string[]): string {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const text = quote(message ?? "");
  const told = secrets.some((secret) => text.includes(secret)) ? "" : text;
  const label = typeof code === "string" || typeof code === "number" ? String(code) : "";
  return [told.includes(label) ? "" : label, told].filter(Boolean).join(" ") || "failed";
}
