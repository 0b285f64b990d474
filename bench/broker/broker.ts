import { Visitor } from "../login.ts";
import { cpuOf, runWorker } from "../measures.ts";
import { table } from "../report.ts";
import type { Server } from "../server.ts";
import type { Stage } from "../stage.ts";
import type { Checks } from "./token-check.ts";

/** Nothing listens here: the bench reads the code from the redirect. */
const PROGRAM = "http://localhost:53100/";

/** The costs of programs, with sessions in SQLite. */
export interface BrokerFigures {
  readonly checks: Checks;
  /** CPU time of the app for each operation, in milliseconds. */
  readonly cpu: Readonly<Record<"login" | "programLogin" | "refresh", number>>;
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** @param repeats the number of logins and refreshes, and the number of checks for each median */
export async function measureBroker(
  stage: Stage,
  repeats: { readonly logins: number; readonly openings: number },
): Promise<BrokerFigures> {
  const { app, env, cookieHeader } = await stage.deploy("SQLite");
  const worker = new URL("./token-check.ts", import.meta.url);
  const checks = await runWorker<Checks>(worker, {
    env,
    workerData: { cookieHeader, times: repeats.openings },
  });
  let { refresh_token } = await logInProgram(app);
  const works = [
    () => Visitor.newcomer().logIn(app.url),
    () => logInProgram(app),
    async () => {
      ({ refresh_token } = await requestTokens(app, { refresh_token }));
    },
  ];
  const [login = 0, programLogin = 0, refresh = 0] = await cpuOf(app, works, repeats.logins);
  return { checks, cpu: { login, programLogin, refresh } };
}

/** The whole login of a program: two requests of the browser, and one for the tokens. */
async function logInProgram(app: Server): Promise<Tokens> {
  const query = new URLSearchParams({ redirect_uri: PROGRAM, offline_access: "true" });
  const arrived = new URL(await Visitor.newcomer().go(`${app.url}/auth/v2/login?${query}`, PROGRAM));
  const [code = "", state = ""] = ["code", "state"].map((name) => arrived.searchParams.get(name) ?? "");
  return requestTokens(app, { code, redirect_uri: PROGRAM, code_verifier: state });
}

async function requestTokens(app: Server, form: Record<string, string>): Promise<Tokens> {
  const answer = await fetch(`${app.url}/auth/v2/token`, { method: "POST", body: new URLSearchParams(form) });
  if (answer.status !== 200) throw new Error(`The token request answered ${answer.status}.`);
  return (await answer.json()) as Tokens;
}

/** A table of the costs of programs, with the costs of a session and a login for comparison. */
export function brokerTable({ checks, cpu }: BrokerFigures): string {
  const micro = (value: number) => `${value.toFixed(0)} µs`;
  const ratio = (value: number) => [`${value.toFixed(1)} ms`, (value / cpu.login).toFixed(2)];
  return table([
    ["programs, with sessions in SQLite", "", "of a login"],
    ["open a session", micro(checks.openSession), ""],
    ["check an access token", micro(checks.checkToken), ""],
    ["issue an access token", micro(checks.issueToken), ""],
    ["CPU time of the app for a person's login", ...ratio(cpu.login)],
    ["CPU time of the app for a program's login", ...ratio(cpu.programLogin)],
    ["CPU time of the app for a program's refresh", ...ratio(cpu.refresh)],
  ]);
}
