/**
 * `npm run provider`: starts the embedded provider and the message API for an app somewhere else on this machine, for example
 * the one of the tutorial. Prints each request for tokens.
 *
 *   npm run provider -- --app http://localhost:3000 --access-token-ttl 35
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { SettingError } from "../../scripts/command-line.mjs";
import { EmbeddedProvider, PUBLIC_CLIENT_ID } from "../provider/provider.ts";
import { makePlan } from "./environment.ts";
import { checkPorts } from "./ports.ts";
import { loadLocalState, startServices } from "./services.ts";

const USAGE = "npm run provider -- --app http://localhost:3000 --access-token-ttl 3600";

try {
  await start(readArguments(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof SettingError ? error.message : error);
  process.exitCode = 1;
}

interface Arguments {
  readonly app: string;
  readonly accessTokenTtl: number;
}

async function start({ app, accessTokenTtl }: Arguments): Promise<void> {
  const { PROVIDER_PORT, MESSAGE_API_PORT } = process.env;
  const { port } = new URL(app);
  const plan = makePlan({ APP_BASE_URL: app, PROVIDER_PORT, MESSAGE_API_PORT, ...(port && { PORT: port }) });
  await checkPorts(plan, "provider");
  const { signingKeys } = await loadLocalState(path.resolve(import.meta.dirname, "../.."));
  const services = await startServices(plan, { signingKeys, allowProduction: false });
  for (const service of services) {
    if (!(service instanceof EmbeddedProvider)) continue;
    service.accessTokenTtl = accessTokenTtl;
    service.intercept = ({ method, url }) => {
      if (url === "/token") console.log(`${new Date().toTimeString().slice(0, 8)} ${method} ${url}`);
      return false;
    };
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, async () => {
      await Promise.all(services.map((service) => service.stop()));
      process.exit(0);
    });
  }
  console.log(`The provider listens at ${plan.issuer}, the message API at ${plan.apiUrl} (audience ${plan.audience}).
The app is expected at ${app}, with the client id ${PUBLIC_CLIENT_ID}. Access tokens are valid for ${accessTokenTtl} seconds.
Press Ctrl-C to stop.`);
}

/** @throws SettingError naming an argument that is unknown or wrong */
function readArguments(args: string[]): Arguments {
  const { app, "access-token-ttl": ttl } = parse(args);
  const url = URL.parse(app);
  if (!url || !/^https?:$/.test(url.protocol) || !/^\/?$/.test(url.pathname + url.search + url.hash))
    throw new SettingError(`--app is "${app}", but must be the origin of an app. For example: ${USAGE}`);
  const accessTokenTtl = Number(ttl);
  if (!Number.isInteger(accessTokenTtl) || accessTokenTtl < 1)
    throw new SettingError(
      `--access-token-ttl is "${ttl}", but must be a number of seconds. For example: ${USAGE}`,
    );
  return { app: url.origin, accessTokenTtl };
}

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        app: { type: "string", default: "http://localhost:3000" },
        "access-token-ttl": { type: "string", default: "3600" },
      },
    });
    return values;
  } catch (error) {
    throw new SettingError(`${Object(error).message}. For example: ${USAGE}`);
  }
}
