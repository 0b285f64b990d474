import os from "node:os";
import type { AppSettings } from "./support/app/environment.ts";
import { freePort } from "./support/app/ports.ts"; // part: store
import { expect, test } from "./support/test.ts";

// part: store
for (const address of ["127.0.0.1", "localhost", "0.0.0.0", "::", ""]) {
  const where = address || "all addresses by default";
  test(`an app that listens on ${where} behind a proxy answers 503 if the store is unavailable`, async ({
    request,
    stack,
  }) => {
    const port = await freePort();
    const app = await stack.startApp(() => ({
      HOSTNAME: address,
      SESSION_STORE_URL: `redis://127.0.0.1:${port}`,
    }));
    const headers = { "x-forwarded-proto": "https" };
    const answer = await request.get(`${app.url}/auth/callback?code=c&state=s`, { headers });
    expect(answer.status()).toBe(503);
    expect(await answer.text()).toContain("Your session cannot be read right now");
  });
}
// end part: store

/** Makes IPv6 unavailable in a process, so that it cannot listen on an IPv6 address. */
const WITHOUT_IPV6 = `--import=data:text/javascript,${encodeURIComponent(
  'process.binding("tcp_wrap").TCP.prototype.bind6 = () => -97', // EAFNOSUPPORT
)}`;

test("an app without HOSTNAME answers on IPv4 and IPv6 [A1]", async ({ stack }) => {
  const app = await stack.startApp(() => ({ HOSTNAME: "" }));
  expect(await addressesOf(app.port)).toEqual(["127.0.0.1", "[::1]"].filter(isOfThisMachine));
});

test("an app without HOSTNAME on a machine without IPv6 answers on IPv4 [A1]", async ({ stack }) => {
  const settings = { HOSTNAME: "", NODE_OPTIONS: `--no-deprecation ${WITHOUT_IPV6}` };
  const app = await stack.startApp(() => settings as AppSettings);
  expect(await addressesOf(app.port)).toEqual(["127.0.0.1"]);
});

/** The loopback addresses on which an app answers. */
async function addressesOf(port: number): Promise<string[]> {
  const answers = await Promise.all(
    ["127.0.0.1", "[::1]"].map((address) =>
      fetch(`http://${address}:${port}/auth/me`).then(
        () => [address],
        () => [],
      ),
    ),
  );
  return answers.flat();
}

function isOfThisMachine(address: string): boolean {
  const own = Object.values(os.networkInterfaces()).flatMap((one) => one ?? []);
  return own.some((one) => `[${one.address}]`.includes(address));
}
