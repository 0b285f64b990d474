import { passwordsFor } from "../lib/auth/secrets.ts";
import { sessions } from "../lib/auth/sessions.ts";
import { toUser } from "../lib/auth/user.ts";
import type { Deployment } from "./deployments.ts";
import { jarWith } from "./jar.ts";

/**
 * What the reference pages are told: whom to show, and how to open the app's own session cookie, so that all pages are
 * asked with the same request and show the same.
 *
 * @param deployment the one with its sessions in cookies
 */
export async function referenceEnvironment({ env, cookieHeader }: Deployment): Promise<NodeJS.ProcessEnv> {
  const { NODE_ENV, ...settings } = env; // the embedded provider, which runs here as well, does not start in production
  Object.assign(process.env, settings); // where the app's own code, run here, finds them, once for all heats
  const session = await sessions().open(jarWith(cookieHeader));
  if (!session) throw new Error("The cookies of the login hold no session.");
  const person = { user: toUser(session), session: { idTokenClaims: session.idTokenClaims } };
  return {
    ...env,
    BENCH_PERSON: JSON.stringify(person),
    BENCH_PASSWORDS: JSON.stringify(passwordsFor("session").opening),
  };
}
