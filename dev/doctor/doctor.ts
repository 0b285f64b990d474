/**
 * `npm run doctor`: checks the configuration against the live provider, and prints what to change.
 *
 *   npm run doctor                      the settings of npm run dev, or of npm start, depending on the .env files
 *   npm run doctor -- --production      the settings of npm start
 *   npm run doctor -- --development     the settings of npm run dev
 *   npm run -s doctor -- --json         a JSON document
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { SettingError } from "../../scripts/command-line.mjs";
import { examine } from "./examine.ts";
import { renderText, toJson } from "./report/report.ts";
import { isNewcomer, isProviderRunning, readSituation, welcome } from "./report/situation.ts";

try {
  process.exitCode = await main();
} catch (thrown) {
  const isUsageError = String(Object(thrown).code).startsWith("ERR_PARSE_ARGS");
  if (!(thrown instanceof SettingError) && !isUsageError) throw thrown;
  console.error((thrown as Error).message);
  process.exitCode = 1;
}

/** @returns the exit code */
async function main(): Promise<number> {
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({ options: { json: flag, production: flag, development: flag } });
  const mode = values.production ? "production" : values.development ? "development" : undefined;
  const situation = readSituation(path.resolve(import.meta.dirname, "../.."), mode);
  if (isNewcomer(situation) && !values.json && !(await isProviderRunning(situation))) {
    console.log(welcome(situation));
    return 0;
  }
  const examination = await examine(situation);
  const document = toJson(examination);
  const width = Math.min(Math.max(process.stdout.columns ?? 80, 60), 100);
  console.log(values.json ? JSON.stringify(document, null, 2) : renderText(examination, width));
  return document.status === "error" ? 1 : 0;
}
