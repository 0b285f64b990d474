import { customClaims, hooks, REFUSALS } from "../../hooks.ts";
import { log, quote } from "../../log.ts";
import { LoginError, tryToRevoke } from "../provider/index.ts";
import type { Session } from "../session.ts";
import { type ClaimSources, type StandardUser, standardUser } from "./user.ts";

const TIME_LIMIT = 5_000; // ms

/** The data about a user that pages get: standard claims and custom claims. */
export type User = StandardUser & ReturnType<typeof customClaims>;

export function toUser(session: ClaimSources): User {
  return { ...customClaims(allClaims(session)), ...standardUser(session) }; // custom claims cannot override `sub`
}

type Known = ClaimSources & Pick<Session, "id" | "refreshToken">;

/**
 * Asks `onLogin` whether the user may log in. If not, revokes the refresh token of this login.
 * @throws LoginError `access_denied` for a refusal, `configuration` if the hook fails
 */
export async function runOnLogin(session: Known): Promise<void> {
  const refusal = await run("onLogin", session).catch((error: unknown) => {
    const advice = "fix the hook in lib/hooks.ts";
    return new LoginError("configuration", "the hook onLogin failed", { cause: causeOf(error), advice });
  });
  if (refusal === undefined) return;
  await tryToRevoke(session.refreshToken);
  if (refusal instanceof LoginError) throw refusal;
  throw new LoginError("access_denied", "the hook onLogin refused the login", { hint: refusal });
}

/** Runs a hook that cannot refuse. An error of the hook is logged, not thrown. */
export async function runHook(name: "onRefresh" | "onLogout", session: Known): Promise<void> {
  if (!hooks[name]) return;
  await run(name, session).catch((error: unknown) => {
    log.error({ step: name, cause: causeOf(error) }, `the hook ${name} failed`);
  });
}

/** Whether `value` is a key of `REFUSALS` in lib/hooks.ts, which holds texts for the error page. */
export function isRefusal(value: unknown): value is keyof typeof REFUSALS {
  return typeof value === "string" && Object.hasOwn(REFUSALS, value);
}

async function run(name: keyof typeof hooks, session: Known): Promise<unknown> {
  const user = toUser(session); // called even if there is no hook, so that a login fails if `customClaims` throws
  if (!hooks[name]) return undefined;
  const signal = AbortSignal.timeout(TIME_LIMIT);
  const event = { user, claims: allClaims(session), sessionId: session.id, signal };
  const running = (async () => hooks[name]?.(event))();
  const timeUp = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  return Promise.race([running, timeUp]); // `race` also handles a later rejection of the slower promise
}

function allClaims({ idTokenClaims, userinfo }: ClaimSources) {
  return { ...idTokenClaims, ...userinfo };
}

const causeOf = (error: unknown): string => quote(error instanceof Error ? error.stack : error);
