import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createServer } from "node:tls";

/** A TLS proxy for a server on this machine. By default, browsers and Node.js do not trust its certificate. */
export interface PrivateTls {
  /** `https://localhost:PORT` */
  readonly origin: string;
  /** The path of the certificate authority's certificate, a PEM file for `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string;
  close(): Promise<void>;
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];

/** Creates a certificate authority and a TLS proxy for the server at `origin`. Needs `openssl`. */
export async function startPrivateTls(origin: string): Promise<PrivateTls> {
  const folder = mkdtempSync(path.join(tmpdir(), "oidc-ca-"));
  const file = (name: string) => path.join(folder, name);
  openssl(...EC, "-subj", "/CN=Private CA", "-keyout", file("ca.key"), "-out", file("ca.pem"));
  openssl(
    ...[...EC, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ...["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-keyout", file("own.key"), "-out", file("own.pem")],
  );
  const { hostname, port } = new URL(origin);
  const credentials = { key: readFileSync(file("own.key")), cert: readFileSync(file("own.pem")) };
  const server = createServer(credentials, (socket) => {
    const behind = connect(Number(port), hostname);
    for (const one of [socket, behind]) one.on("error", () => [socket, behind].map((each) => each.destroy()));
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    caFile: file("ca.pem"),
    async close() {
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function openssl(...args: string[]): void {
  execFileSync("openssl", ["req", "-x509", ...args], { stdio: "pipe" });
}
