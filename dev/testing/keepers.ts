import { freshProcess } from "./fresh-process.ts";
import { keepSessionsIn, MemoryStore, STORE_URL } from "./memory-store.ts";

/** Where sessions may be kept: for tests of what the rest of the app sees, which is the same with either. */
export const KEEPERS = ["cookies", "a store"] as const;

export type Keeper = (typeof KEEPERS)[number];

/** As `freshProcess`, in a server that keeps its sessions there: in a store of its own, which is empty. */
export function freshProcessWith(
  keeper: Keeper,
  changes: Readonly<Record<string, string | undefined>> = {},
): void {
  freshProcess(keeper === "cookies" ? changes : { SESSION_STORE_URL: STORE_URL, ...changes });
  if (keeper === "a store") keepSessionsIn(new MemoryStore());
}
