import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { untilItAnswers } from "../../../dev/node-child.ts";

/** A load balancer in front of several apps. */
export interface Nginx {
  /** Returns a line for each request: the address of the app. If nginx retried the request: several addresses. */
  served(): string[];
  stop(): Promise<void>;
}

/** Folders of system programs, which are not in every `PATH`. */
const FURTHER_PLACES = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/opt/homebrew/bin"];

/** The path of nginx: `TEST_NGINX`, or the first nginx found; null if there is none. */
export function findNginx(): string | null {
  const places = [...(process.env.PATH ?? "").split(path.delimiter), ...FURTHER_PLACES];
  const candidates = [process.env.TEST_NGINX ?? "", ...places.map((place) => path.join(place, "nginx"))];
  return candidates.find((candidate) => candidate !== "" && isExecutable(candidate)) ?? null;
}

/**
 * Starts nginx, which distributes requests evenly over the apps and skips an app that does not answer.
 *
 * @param port the port of nginx
 * @param appPorts the ports of the apps, on 127.0.0.1
 * @throws Error if there is no nginx, or with nginx's output if nginx does not start
 */
export async function startNginx(port: number, appPorts: readonly number[]): Promise<Nginx> {
  const program = findNginx();
  if (program === null) throw new Error("There is no nginx on this machine.");
  const folder = mkdtempSync(path.join(tmpdir(), "oidc-nginx-"));
  const [file, log] = [path.join(folder, "nginx.conf"), path.join(folder, "served.log")];
  writeFileSync(file, configuration({ folder, log, port, appPorts }));
  const child = spawn(program, ["-p", folder, "-c", file, "-e", "stderr"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const killIt = () => child.kill();
  process.once("exit", killIt); // a test worker that Playwright stops does not call `stop`
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const ended = once(child, "exit");
  ended.catch(() => {});
  if (!(await untilItAnswers(`http://localhost:${port}/icon.svg`, () => child.exitCode !== null)))
    throw new Error(`nginx did not start:\n${said}`);
  return {
    served: () => readFileSync(log, "utf8").trim().split("\n"),
    async stop() {
      process.off("exit", killIt);
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Place {
  readonly folder: string;
  readonly log: string;
  readonly port: number;
  readonly appPorts: readonly number[];
}

/** Returns the configuration file. Its directives for big cookies are those that the documentation recommends. */
function configuration({ folder, log, port, appPorts }: Place): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
    daemon off;
    master_process off; # one process, so that SIGTERM ends everything
    pid ${folder}/nginx.pid;
    events {}
    http {
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n      ")}
      log_format served "$upstream_addr";
      access_log ${log} served;

      large_client_header_buffers 4 40k;
      proxy_buffer_size 32k;
      proxy_buffers 8 32k;

      upstream app {
        ${appPorts.map((one) => `server 127.0.0.1:${one};`).join("\n        ")}
        keepalive 16;
      }
      server {
        listen 127.0.0.1:${port};
        listen [::1]:${port};
        location / {
          proxy_pass http://app;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto $scheme;
        }
      }
    }`;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
