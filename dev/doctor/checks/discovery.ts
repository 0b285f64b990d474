import { isLoginError, type LoginError } from "../../../lib/auth/errors.ts";
import { getProviderMetadata, type ProviderMetadata } from "../../../lib/auth/provider/index.ts";
import { advice, type Context } from "../context.ts";
import { recogniseProvider } from "../presets/presets.ts";
import { error, ok, type Result, skipped } from "../report/finding.ts";
import { discoveryUrl, findIssuer } from "./find-issuer.ts";
import { describeStatus, redirectOf } from "./wire.ts";

/** What discovery came to. */
export interface Discovery {
  readonly result: Result;
  readonly metadata: ProviderMetadata | null;
  /** Endpoints for which the document was refused, by their field. */
  readonly refused?: Readonly<Record<string, unknown>>;
}

/** "Discovery": the document can be had, and is about the issuer that is set (OpenID Connect Discovery 4.3). */
export async function checkDiscovery(context: Context): Promise<Discovery> {
  const { issuer } = context.settings.oidc;
  try {
    const metadata = await getProviderMetadata();
    return { result: ok(summarise(metadata, context)), metadata };
  } catch (thrown) {
    if (!isLoginError(thrown)) throw thrown;
    if (context.situation.brought.provider && thrown.reason === "provider_unavailable") {
      return { result: skipped("npm run dev brings the provider, and does not run now."), metadata: null };
    }
    const { refused } = thrown.detail;
    if (typeof refused === "object" && refused !== null)
      return { result: ok(`${issuer} has a document.`), metadata: null, refused: { ...refused } };
    return { result: await explain(thrown, issuer, context), metadata: null };
  }
}

function summarise({ issuer: stated }: ProviderMetadata, { settings, wire, tell }: Context): string {
  const { issuer } = settings.oidc;
  if (!wire.last(discoveryUrl(issuer)))
    return "Not needed: the endpoints are set. The issuer is compared at the first log-in.";
  if (stated === issuer) return `${issuer} has a document, and it is about this issuer.`;
  if (stated.includes("{tenantid}")) return `${issuer} has a document, for people of any tenant.`;
  return `${issuer} has a document, about ${tell(stated)}; the slash is forgiven.`;
}

async function explain(failure: LoginError, issuer: string, context: Context): Promise<Result> {
  const { tell, wire } = context;
  const preset = recogniseProvider(issuer);
  const hints = advice(preset, preset?.issuerHow);
  const answer = wire.last(discoveryUrl(issuer));
  if (failure.reason === "provider_unavailable") {
    const status = answer && describeStatus(answer, tell);
    const said = status ?? tell(failure.detail.cause ?? failure.detail.code ?? failure.message);
    return error(`${issuer} cannot be reached: ${said}.`, networkAdvice(said), ...hints);
  }
  const { missing } = failure.detail;
  if (Array.isArray(missing)) {
    return error(
      `The discovery document lacks ${missing.join(", ")}.`,
      `Set ${missing.map((field) => `OIDC_${String(field).toUpperCase()}`).join(", ")}.`,
    );
  }
  const stated = statedIssuer(answer?.body);
  if (answer?.status === 200 && stated) {
    return error(
      `OIDC_ISSUER is ${issuer}, but the document there is about ${tell(stated)}.`,
      `Set OIDC_ISSUER=${tell(stated)}, if that is the provider you mean.`,
      ...hints,
    );
  }
  const found = await findIssuer(issuer, answer ? redirectOf(answer) : null);
  return error(
    `There is no discovery document at ${discoveryUrl(issuer)} (${answer ? describeStatus(answer, tell) : tell(failure.message)}).`,
    ...(found ? [`There is one of another issuer: set OIDC_ISSUER=${tell(found)}`] : hints),
    ...(found || hints.length > 0
      ? []
      : [
          "OIDC_ISSUER is the URL before /.well-known/openid-configuration; the provider's console shows it. Where there is none, set the endpoints (OIDC_AUTHORIZATION_ENDPOINT and so on).",
        ]),
  );
}

function statedIssuer(body: string | undefined): string | null {
  try {
    const { issuer } = Object(JSON.parse(body ?? ""));
    return typeof issuer === "string" ? issuer : null;
  } catch {
    return null;
  }
}

function networkAdvice(said: string): string {
  if (/ENOTFOUND|EAI_AGAIN|getaddrinfo/.test(said))
    return "No such host is known: compare OIDC_ISSUER, and see that this machine can look names up.";
  if (/certificate|self.signed|CERT|issuer cert/i.test(said)) {
    return "Its certificate is not trusted here. For a certificate authority of your own set NODE_EXTRA_CA_CERTS to its file, in the shell and not in a .env file.";
  }
  if (/ECONNREFUSED/.test(said))
    return "Nothing listens there: compare host and port, and see that the provider runs.";
  return "Try the address from this machine with curl; a proxy, a firewall or the provider itself may be down.";
}
