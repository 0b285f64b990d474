/**
 * `npm run provider`: starts the embedded provider and the message API for an app in another folder of this machine.
 * Prints each request to the token endpoint.
 *
 *   npm run provider -- --app http://localhost:3000 --access-token-ttl 35
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { SettingError } from "../../scripts/command-line.mjs";
import type { Intercept } from "../loopback.ts";
import { createClients } from "../provider/provider.ts";
import { makePlan } from "./environment.ts";
import { checkPorts } from "./ports.ts";
import { endOnSignal, loadLocalState, startServices } from "./services.ts";

const USAGE = "npm run provider -- --app http://localhost:3000 --access-token-ttl 3600";

try {
  await start(readArguments());
} catch (error) {
  const isUsageError = String(Object(error).code).startsWith("ERR_PARSE_ARGS");
  if (isUsageError) console.error(`${(error as Error).message}. For example: ${USAGE}`);
  else console.error(error instanceof SettingError ? error.message : error);
  process.exit(1);
}

async function start({ app, accessTokenTtl }: ReturnType<typeof readArguments>): Promise<void> {
  const { PROVIDER_PORT, MESSAGE_API_PORT } = process.env;
  const { port } = new URL(app);
  const plan = makePlan({ APP_BASE_URL: app, PROVIDER_PORT, MESSAGE_API_PORT, ...(port && { PORT: port }) });
  await checkPorts(plan, "provider");
  const { signingKeys } = await loadLocalState(path.resolve(import.meta.dirname, "../.."));
  const provider = await startServices(plan, { signingKeys });
  const logRequest: Intercept = ({ method, url }) => {
    if (url === "/token") console.log(`${new Date().toTimeString().slice(0, 8)} ${method} ${url}`);
    return false;
  };
  if (provider) Object.assign(provider, { accessTokenTtl, intercept: logRequest });
  endOnSignal();
  const clients = createClients([app]);
  const callbacks = new Intl.ListFormat("en-GB", { type: "disjunction" }).format(
    clients[0]?.redirect_uris ?? [],
  );
  console.log(`The provider listens at ${plan.issuer}, the message API at ${plan.apiUrl} (audience ${plan.audience}).
The app is expected at ${app}. Access tokens are valid for ${accessTokenTtl} seconds.
The app can use any of these clients, with the callback ${callbacks}:
${clients.map(describe).join("\n")}
Press Ctrl-C to stop.`);
}

type Client = ReturnType<typeof createClients>[number];

function describe({ client_id, client_secret, token_endpoint_auth_method }: Client): string {
  const secret = `the secret "${client_secret}" (${token_endpoint_auth_method})`;
  return `  ${client_id}, with ${client_secret ? secret : "no secret"}`;
}

/** @throws SettingError if an argument has a wrong value; an error of parseArgs if one is unknown or has no value */
function readArguments() {
  const app = { type: "string", default: "http://localhost:3000" } as const;
  const { values } = parseArgs({ options: { app, "access-token-ttl": { type: "string", default: "3600" } } });
  const url = URL.parse(values.app);
  if (!url || !/^https?:$/.test(url.protocol) || !/^\/?$/.test(url.pathname + url.search + url.hash))
    throw wrong("app", values.app, "the origin of an app");
  const accessTokenTtl = Number(values["access-token-ttl"]);
  if (!Number.isInteger(accessTokenTtl) || accessTokenTtl < 1)
    throw wrong("access-token-ttl", values["access-token-ttl"], "a number of seconds");
  return { app: url.origin, accessTokenTtl };
}

function wrong(name: string, value: string, what: string): SettingError {
  return new SettingError(`--${name} is "${value}", but must be ${what}. For example: ${USAGE}`);
}
