import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** The .env files that Next.js reads in a mode, in their order of precedence. */
export function envFilesOf(mode: "development" | "production"): string[] {
  return [`.env.${mode}.local`, ".env.local", `.env.${mode}`, ".env"];
}

/** A sentence for each .env file in UTF-16, which `>` writes in Windows PowerShell: Next.js finds no setting there. */
export function findUnreadableEnvFiles(folder: string, mode: "development" | "production"): string[] {
  return envFilesOf(mode)
    .filter((file) => hasNullByte(path.join(/* turbopackIgnore: true */ folder, file)))
    .map((file) => `${file} is encoded in UTF-16, so none of its settings can be read. Save it as UTF-8`);
}

/** In UTF-16 every ASCII character has a null byte; a .env file in UTF-8 has none. */
function hasNullByte(file: string): boolean {
  return existsSync(file) && readFileSync(file).includes(0);
}
