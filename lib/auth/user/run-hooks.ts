import { customClaims, hooks, REFUSALS } from "../../hooks.ts";
import { log, quote } from "../../log.ts";
import { LoginError, tryToRevoke } from "../provider/index.ts";
import type { Session } from "../session.ts";
import { type ClaimSources, type StandardUser, standardUser } from "./user.ts";

const TIME_LIMIT = 5_000; // ms

/** The person behind a session, as pages see them. */
export type User = StandardUser & ReturnType<typeof customClaims>;

export function toUser(session: ClaimSources): User {
  return { ...customClaims(allClaims(session)), ...standardUser(session) }; // no claim of one's own replaces `sub`
}

type Known = ClaimSources & Pick<Session, "id" | "refreshToken">;

/**
 * Asks `onLogin` whether somebody may log in. If not, the refresh token that the login received is revoked.
 * @throws LoginError `access_denied` for a refusal, `configuration` if the hook fails
 */
export async function runOnLogin(session: Known): Promise<void> {
  const refusal = await run("onLogin", session).catch((error: unknown) => {
    const advice = "mend the hook in lib/hooks.ts";
    return new LoginError("configuration", "the hook onLogin failed", { cause: causeOf(error), advice });
  });
  if (refusal === undefined) return;
  await tryToRevoke(session.refreshToken);
  if (refusal instanceof LoginError) throw refusal;
  throw new LoginError("access_denied", "the hook onLogin refused the login", { hint: refusal });
}

/** Tells the app's own code what happened to a session. Throws nothing. */
export async function runHook(name: "onRefresh" | "onLogout", session: Known): Promise<void> {
  if (!hooks[name]) return;
  await run(name, session).catch((error: unknown) => {
    log.error({ step: name, cause: causeOf(error) }, `the hook ${name} failed`);
  });
}

/** Whether `value` names a text of the error page in lib/hooks.ts. */
export function isRefusal(value: unknown): value is keyof typeof REFUSALS {
  return typeof value === "string" && Object.hasOwn(REFUSALS, value);
}

async function run(name: keyof typeof hooks, session: Known): Promise<unknown> {
  const user = toUser(session); // also without a hook: a login shows whether `customClaims` works
  if (!hooks[name]) return undefined;
  const signal = AbortSignal.timeout(TIME_LIMIT);
  const event = { user, claims: allClaims(session), sessionId: session.id, signal };
  const running = (async () => hooks[name]?.(event))();
  const timeUp = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  return Promise.race([running, timeUp]); // which also handles the error of the one that comes second
}

function allClaims({ idTokenClaims, userinfo }: ClaimSources) {
  return { ...idTokenClaims, ...userinfo };
}

const causeOf = (error: unknown): string => quote(error instanceof Error ? error.stack : error);
