/**
 * `npm run doctor`: checks the configuration against the live provider, and prints what to change.
 *
 *   npm run doctor                      one of the next two, depending on NODE_ENV and the .env files
 *   npm run doctor -- --production      the settings of npm start
 *   npm run doctor -- --development     the settings of npm run dev
 *   npm run -s doctor -- --json         a JSON document
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { SettingError } from "../../scripts/command-line.mjs";
import { isListening } from "../loopback.ts";
import { examine } from "./examine.ts";
import { renderText, toJson } from "./report/report.ts";
import { isNewcomer, readSituation } from "./report/situation.ts";

let lastStep = "Then run npm run doctor again.";
lastStep = `docs/providers.md has the details for eleven providers. ${lastStep}`; // part: docs

/** The text for people who have set nothing yet. The doctor prints it while `npm run dev` is not running. */
const welcome = (base: string | undefined) => `
There is nothing to check yet: you have set nothing, and no setting is required.
npm run dev starts the app with an embedded provider, demo people and an API.

To use your own provider, register the app there with these URLs:

  callback URL      ${base}/auth/callback
  logout URL        ${base}/

and copy the provider's values into .env.local: OIDC_ISSUER=…, OIDC_CLIENT_ID=…,
OIDC_CLIENT_SECRET=… and OIDC_AUDIENCE=….
${lastStep}
`;

try {
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({ options: { json: flag, production: flag, development: flag } });
  const mode = values.production ? "production" : values.development ? "development" : undefined;
  const situation = readSituation(path.resolve(import.meta.dirname, "../.."), mode);
  const { APP_BASE_URL, OIDC_ISSUER = "" } = situation.environment;
  const isRunning = () => isListening(Number(new URL(OIDC_ISSUER).port), "localhost");
  if (isNewcomer(situation) && !values.json && !(await isRunning())) console.log(welcome(APP_BASE_URL));
  else {
    const examination = await examine(situation);
    const document = toJson(examination);
    const width = Math.min(Math.max(process.stdout.columns ?? 80, 60), 100);
    console.log(values.json ? JSON.stringify(document, null, 2) : renderText(examination, width));
    process.exitCode = document.status === "error" ? 1 : 0;
  }
} catch (thrown) {
  const isUsageError = String(Object(thrown).code).startsWith("ERR_PARSE_ARGS");
  if (!(thrown instanceof SettingError) && !isUsageError) throw thrown;
  console.error((thrown as Error).message);
  process.exitCode = 1;
}
