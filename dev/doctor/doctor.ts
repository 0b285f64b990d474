/**
 * `npm run doctor`: checks the configuration against the live provider, and says what to change.
 *
 *   npm run doctor                      the settings of npm run dev, or of npm start, depending on the .env files
 *   npm run doctor -- --production      the settings of npm start
 *   npm run doctor -- --development     the settings of npm run dev
 *   npm run -s doctor -- --json         a JSON document, which docs/doctor.md describes
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { SettingError } from "../../scripts/command-line.mjs";
import { examine } from "./examine.ts";
import { findingsOf, renderText, toJson } from "./report/report.ts";
import { isNewcomer, isProviderRunning, type Mode, readSituation, welcome } from "./report/situation.ts";

const root = path.resolve(import.meta.dirname, "../..");

try {
  process.exitCode = await main();
} catch (thrown) {
  if (!(thrown instanceof SettingError) && !isUsageError(thrown)) throw thrown;
  console.error((thrown as Error).message);
  process.exitCode = 1;
}

/** @returns the exit code */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean" },
      production: { type: "boolean" },
      development: { type: "boolean" },
    },
  });
  const situation = readSituation(root, wantedMode(values));
  if (isNewcomer(situation) && !values.json && !(await isProviderRunning(situation))) {
    console.log(welcome(situation));
    return 0;
  }
  const examination = await examine(situation);
  const width = Math.min(Math.max(process.stdout.columns ?? 80, 60), 100);
  console.log(values.json ? JSON.stringify(toJson(examination), null, 2) : renderText(examination, width));
  return findingsOf(examination).some(({ status }) => status === "error") ? 1 : 0;
}

function wantedMode({ production, development }: Record<string, unknown>): Mode | undefined {
  if (production) return "production";
  return development ? "development" : undefined;
}

function isUsageError(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && String(thrown.code).startsWith("ERR_PARSE_ARGS");
}
