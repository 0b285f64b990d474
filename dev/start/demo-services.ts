/**
 * Starts the embedded provider and the message API without the app, for `compose.yaml`. Both listen on localhost, where
 * the app reaches them. A browser outside of the container reaches only the container's own address, so this script
 * also listens there, and forwards each connection to the provider.
 *
 *   node dev/start/demo-services.ts
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { pipeline } from "node:stream";
import { makePlan } from "./environment.ts";
import { endOnSignal, startServices } from "./services.ts";

const plan = makePlan(process.env);
await startServices(plan);
const { providerPort = 0 } = plan;
const server = createServer((socket) => {
  const target = connect(providerPort, "localhost");
  pipeline(socket, target, socket, () => socket.destroy());
});
const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
const own = addresses.find(({ internal, family }) => !internal && family === "IPv4")?.address;
if (own && providerPort) await once(server.listen(providerPort, own), "listening");
console.log(`Provider at ${plan.issuer}, message API at ${plan.apiUrl}`);
endOnSignal();
