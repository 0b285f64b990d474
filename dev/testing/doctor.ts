import type { Examination } from "@/dev/doctor/examine.ts";
import type { CheckName, Result, Status } from "@/dev/doctor/report/finding.ts";
import type { Situation } from "@/dev/doctor/report/situation.ts";
import { ENVIRONMENT, freshProcess } from "./fresh-process.ts";
import { type LocalServer, startLocalServer } from "./local-server.ts";
import { ScriptedProvider } from "./scripted-provider.ts";

/** A secret that looks random, and is nobody's. */
export const SESSION_SECRET = "Zk3v9QmT1xW8rB5nYc7LpH2sJ0dF6gUeA4oXiV+qKtM=";

/** What somebody has set, for the doctor to look at. */
interface Given {
  readonly mode?: Situation["mode"];
  readonly brought?: Situation["brought"];
  /** Milliseconds that it may take. */
  readonly timeLimit?: number;
}

/** A provider and a message API with nothing wrong, for a test to spoil. */
export class DoctorStage {
  readonly op: ScriptedProvider;
  readonly api: LocalServer;
  /** What the API answers, by path. */
  apiAnswers: Record<string, { status: number; json?: unknown; headers?: Record<string, string> }> = {};

  private constructor(op: ScriptedProvider, api: LocalServer) {
    this.op = op;
    this.api = api;
  }

  static async start(): Promise<DoctorStage> {
    const op = await ScriptedProvider.start();
    const api = await startLocalServer(({ path }) => stage.#answerOfApi(path));
    const stage = new DoctorStage(op, api);
    stage.reset();
    return stage;
  }

  /** All is well again. */
  reset(): void {
    const { op } = this;
    op.reset();
    this.api.requests.length = 0;
    this.apiAnswers = {};
    op.metadata = {
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      scopes_supported: ["openid", "profile", "email", "offline_access"],
      code_challenge_methods_supported: ["S256"],
      end_session_endpoint: `${op.issuer}/logout`,
    };
    op.answers = {
      "/authorize": ({ path }) => {
        const query = new URL(path, op.issuer).searchParams;
        if (query.get("prompt") !== "none") return { text: "<h1>Log in</h1>" };
        return backTo(query.get("redirect_uri"), {
          error: "login_required",
          state: query.get("state") ?? "",
        });
      },
      "/token": ({ body, headers }) => {
        const secret = new URLSearchParams(body).get("client_secret") ?? headers.authorization;
        if (secret !== "the-secret") return { status: 401, json: { error: "invalid_client" } };
        return { status: 400, json: { error: "invalid_grant", error_description: "no such code" } };
      },
      "/logout": ({ path }) => {
        const query = new URL(path, op.issuer).searchParams;
        return backTo(query.get("post_logout_redirect_uri"), { state: query.get("state") ?? "" });
      },
    };
  }

  /** Examines a complete configuration with these changes; undefined takes a setting away. */
  async examine(changes: Record<string, string | undefined> = {}, given: Given = {}): Promise<Examination> {
    const { mode = "production", brought = { provider: false, api: false }, timeLimit } = given;
    const all = {
      ...ENVIRONMENT,
      SESSION_SECRET,
      OIDC_ISSUER: this.op.issuer,
      OIDC_CLIENT_SECRET: "the-secret",
      OIDC_AUDIENCE: "https://api.example.com",
      API_SERVER_URL: this.api.origin,
      ...changes,
    };
    const environment = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    freshProcess({ ...all });
    const { examine } = await import("@/dev/doctor/examine.ts");
    return examine({ mode, brought, files: [], unreadable: [], given: environment, environment }, timeLimit);
  }

  async close(): Promise<void> {
    await this.op.close();
    await this.api.close();
  }

  #answerOfApi(path: string) {
    const scripted = this.apiAnswers[path];
    if (scripted) return scripted;
    if (path === "/api/messages/public") return { json: { text: "This is a public message." } };
    return { status: 401, json: { message: "Requires authentication" } };
  }
}

/** A redirect to where the request says. */
export function backTo(url: string | null, parameters: Record<string, string>) {
  const location = new URL(url ?? "");
  for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value);
  return { status: 303, headers: { location: location.href } };
}

/** What a check has found, when it has found one thing. */
export function only({ results }: Examination, check: CheckName): Result {
  const [first, ...more] = results[check] ?? [];
  if (!first || more.length > 0)
    throw new Error(`${check} has found ${more.length + (first ? 1 : 0)} things`);
  return first;
}

/** What each check has come to; the worst, where it has found several things. */
export function statuses({ results }: Examination): Record<string, Status> {
  const order: Status[] = ["ok", "skipped", "warning", "error"];
  const worst = (found: readonly Result[]) =>
    found.map(({ status }) => status).sort((a, b) => order.indexOf(b) - order.indexOf(a))[0] ?? "skipped";
  return Object.fromEntries(Object.entries(results).map(([check, found]) => [check, worst(found)]));
}

/** All that is said, in one text. */
export function allText({ results }: Examination): string {
  return Object.values(results)
    .flat()
    .flatMap(({ seen, fix }) => [seen, ...fix])
    .join("\n");
}
