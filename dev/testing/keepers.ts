import { freshProcess } from "./fresh-process.ts";
import { keepSessionsIn, MemoryStore, STORE_URL } from "./memory-store.ts";

/** The two places for sessions. The rest of the app behaves the same with both. */
export const KEEPERS = ["cookies", "a store"] as const;

export type Keeper = (typeof KEEPERS)[number];

/** Like `freshProcess`, in a server that keeps its sessions there. The store is new and empty. */
export function freshProcessWith(
  keeper: Keeper,
  changes: Readonly<Record<string, string | undefined>> = {},
): void {
  freshProcess(keeper === "cookies" ? changes : { SESSION_STORE_URL: STORE_URL, ...changes });
  if (keeper === "a store") keepSessionsIn(new MemoryStore());
}
