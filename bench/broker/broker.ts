import { Visitor } from "../login.ts";
import { cpuOf, runWorker } from "../measures.ts";
import { table } from "../report.ts";
import type { Server } from "../server.ts";
import type { Stage } from "../stage.ts";
import type { Checks } from "./token-check.ts";

/** The redirect URI of a program. Nothing listens there: the bench reads the code from the redirect. */
const PROGRAM = "http://localhost:53100/";

/** What programs (the clients of the token broker) cost the app, with sessions in SQLite. */
export interface BrokerFigures {
  readonly checks: Checks;
  /** CPU time of the app for each operation, in milliseconds. */
  readonly cpu: Readonly<Record<"login" | "programLogin" | "refresh", number>>;
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** @param repeats `logins`: how many logins and refreshes to measure; `openings`: how many token checks */
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

/** Logs in a program. The app receives two requests from the browser, and one from the program for the tokens. */
async function logInProgram(app: Server): Promise<Tokens> {
  const query = new URLSearchParams({ redirect_uri: PROGRAM, offline_access: "true" });
  const arrived = new URL(await Visitor.newcomer().go(`${app.url}/auth/v2/login?${query}`, PROGRAM));
  const [code = "", state = ""] = ["code", "state"].map((name) => arrived.searchParams.get(name) ?? "");
  return requestTokens(app, { code, redirect_uri: PROGRAM, code_verifier: state });
}

async function requestTokens(app: Server, form: Record<string, string>): Promise<Tokens> {
  const answer = await fetch(`${app.url}/auth/v2/token`, { method: "POST", body: new URLSearchParams(form) });
  if (answer.status !== 200) throw new Error(`The token endpoint answered ${answer.status}.`);
  return (await answer.json()) as Tokens;
}

/** A table of what programs cost the app, compared with opening a session and with a person's login. */
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
