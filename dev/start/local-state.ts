import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { JWK } from "jose";
import { SITE } from "../../lib/site.ts";
import { createSigningKeys } from "../provider/keys.ts";

/** What outlives a restart of the development services, so that whoever is logged in stays so. */
export interface LocalState {
  readonly sessionSecret: string;
  readonly signingKeys: readonly JWK[];
}

/**
 * Reads the state of the last start, or makes it up. It lives in `node_modules/.cache`: never committed, never deployed,
 * gone with the next clean install. Where nothing can be written there, it lasts until the end of the process.
 */
export async function loadLocalState(root: string): Promise<LocalState> {
  const file = path.join(root, `node_modules/.cache/${SITE.id}/state.json`);
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    const state = {
      sessionSecret: randomBytes(32).toString("base64url"),
      signingKeys: await createSigningKeys(),
    };
    await save(file, state).catch(() => {});
    return state;
  }
}

async function save(file: string, state: LocalState): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(state), { mode: 0o600 });
}
