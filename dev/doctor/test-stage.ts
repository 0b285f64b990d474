import { readFileSync } from "node:fs"; // part: docs
import { parseEnv } from "node:util"; // part: docs
import { exportJWK, generateKeyPair } from "jose";
import { vi } from "vitest";
import { ENVIRONMENT, freshProcess } from "../testing/fresh-process.ts";
import { type Answer, type LocalServer, startLocalServer } from "../testing/local-server.ts";
import { ScriptedProvider } from "../testing/scripted-provider.ts";
import type { CheckName, Result, Status } from "./check.ts";
import type { Examination } from "./examine.ts";
import type { Situation } from "./report/situation.ts";

/** A secret that looks random. No deployment uses it. */
export const SESSION_SECRET = "Zk3v9QmT1xW8rB5nYc7LpH2sJ0dF6gUeA4oXiV+qKtM=";

type Changes = Readonly<Record<string, string | undefined>>;

/** Replaces parts of the examined situation, and the time limit for all requests (in milliseconds). */
type Given = Partial<Pick<Situation, "mode" | "brought">> & { readonly timeLimit?: number };

/** A provider and a message API for tests of the doctor. Neither has a fault until a test adds one. */
export class DoctorStage {
  op!: ScriptedProvider;
  api!: LocalServer;
  /** The API's answers, by path. The API answers 401 to requests for all other paths. */
  apiAnswers: Record<string, Answer> = {};

  static async start(): Promise<DoctorStage> {
    const stage = new DoctorStage();
    stage.api = await startLocalServer(({ path }) => stage.apiAnswers[path] ?? { status: 401 });
    stage.op = await ScriptedProvider.start();
    stage.reset();
    return stage;
  }

  /** Removes all faults. */
  reset(): void {
    const { op } = this;
    const queryOf = (path: string) => Object.fromEntries(new URL(path, op.issuer).searchParams);
    op.reset();
    this.api.requests.length = 0;
    this.apiAnswers = { "/api/messages/public": { json: { text: "This is a public message." } } };
    op.metadata = {
      response_types_supported: ["code"],
      scopes_supported: ["openid", "profile", "email", "offline_access"],
      code_challenge_methods_supported: ["S256"],
      end_session_endpoint: `${op.issuer}/logout`,
    };
    op.answers = {
      "/authorize": ({ path }) => {
        const { prompt, redirect_uri, state = "" } = queryOf(path);
        if (prompt !== "none") return { text: "<h1>Log in</h1>" };
        return backTo(redirect_uri, { error: "login_required", state });
      },
      "/token": ({ body, headers }) => {
        const secret = new URLSearchParams(body).get("client_secret") ?? headers.authorization;
        if (secret !== "the-secret") return { status: 401, json: { error: "invalid_client" } };
        return { status: 400, json: { error: "invalid_grant", error_description: "no such code" } };
      },
      "/logout": ({ path }) => {
        const { post_logout_redirect_uri, state = "" } = queryOf(path);
        return backTo(post_logout_redirect_uri, { state });
      },
    };
  }

  /** Examines a complete configuration with these changes; undefined removes a setting. */
  examine(changes: Changes = {}, given: Given = {}): Promise<Examination> {
    const api = { OIDC_AUDIENCE: "https://api.example.com", API_SERVER_URL: this.api.origin };
    return examineSettings({ OIDC_ISSUER: this.op.issuer, ...api, ...changes }, given);
  }

  async close(): Promise<void> {
    await Promise.all([this.op.close(), this.api.close()]);
  }
}

/** A situation with these settings. */
export function situationOf(environment: Changes, given: Given = {}): Situation {
  const { mode = "production", brought = { provider: false, api: false } } = given;
  return { mode, brought, files: [], unreadable: [], given: environment, environment };
}

async function examineSettings(changes: Changes, given: Given): Promise<Examination> {
  const settings = { ...ENVIRONMENT, SESSION_SECRET, OIDC_CLIENT_SECRET: "the-secret", ...changes };
  freshProcess(settings);
  const { examine } = await import("./examine.ts");
  return examine(situationOf(settings, given), given.timeLimit);
}

/** A response that redirects to this URL, with these parameters added. */
export function backTo(url: string | null | undefined, parameters: Record<string, string>) {
  const location = new URL(url ?? "");
  for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value);
  return { status: 303, headers: { location: location.href } };
}

/** The only finding of a check. @throws Error unless the check has exactly one finding */
export function only({ results }: Examination, check: CheckName): Result {
  const found = results[check] ?? [];
  const [first] = found;
  if (!first || found.length > 1) throw new Error(`${check} has ${found.length} findings`);
  return first;
}

/** The status of each check: the worst status of its findings. */
export function statuses({ results }: Examination): Record<string, Status> {
  const found: Record<string, Status> = {};
  for (const worse of ["ok", "skipped", "warning", "error"] as const)
    for (const [check, list] of Object.entries(results))
      if (list.some(({ status }) => status === worse)) found[check] = worse;
  return found;
}

/** All texts of the findings. */
export function allText({ results }: Examination): string {
  const findings = Object.values(results).flat();
  return findings.flatMap(({ seen, fix }) => [seen, ...fix]).join("\n");
}

/** Answers requests in place of a provider on the internet. Nothing is sent over the network. */
export type HostedAnswerer = (url: URL) => Response | undefined;

const { publicKey } = await generateKeyPair("RS256");
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "RS256", use: "sig" }] };

export const json = (status: number, body: object) => Response.json(body, { status });
export const page = (status: number, body: string) => new Response(body, { status });
export const leadTo = (location: string) => new Response(null, { status: 302, headers: { location } });

/** Replaces `fetch` until `vi.unstubAllGlobals()`. If `answer` returns nothing for a request, the status is 404. */
export function answerWith(answer: HostedAnswerer): void {
  vi.stubGlobal("fetch", async (url: string | URL) => answer(new URL(url)) ?? page(404, "not found"));
}

/** Simulates a discovery document with these fields, and a signing key. `others` answers all other requests. */
export function provider(issuer: string, metadata: object, others: HostedAnswerer): HostedAnswerer {
  const jwks_uri = "https://keys.example.com/jwks";
  const document = { issuer, jwks_uri, response_types_supported: ["code"], ...metadata };
  const discovery = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  return (url) => {
    if (url.href === discovery) return json(200, document);
    return url.href === jwks_uri ? json(200, jwks) : others(url);
  };
}

// part: docs
const guide = readFileSync(new URL("../../docs/providers.md", import.meta.url), "utf8");

/** The section about a provider in the provider guide; empty if there is none. */
export function guideSection(id: string): string {
  return guide.split(/^(?=<a id=")/m).find((text) => text.startsWith(`<a id="${id}">`)) ?? "";
}

/** The settings that the provider guide shows for a provider. */
export function guideSettings(id: string): Record<string, string | undefined> {
  return parseEnv(/^```sh\n(.*?)^```$/ms.exec(guideSection(id))?.[1] ?? "");
}

/** Examines the settings of {@link guideSettings}, with these changes; undefined removes a setting. */
export function examineHosted(id: string, changes: Changes = {}): Promise<Examination> {
  const client = { OIDC_CLIENT_ID: "the-client", OIDC_CLIENT_SECRET: "the-secret" };
  return examineSettings({ ...guideSettings(id), ...client, ...changes }, {});
}
// end part: docs
