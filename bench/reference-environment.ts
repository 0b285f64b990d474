import { passwordsFor } from "../lib/auth/seal.ts";
import { cookieName } from "../lib/auth/session-cookie.ts";
import { sessions } from "../lib/auth/session-storage.ts";
import type { Deployment } from "./deployments.ts";
import { jarWith } from "./login.ts";

/**
 * Makes the environment for the pages that the app is compared with. It contains the person to show, and the name and
 * passwords of the session cookie. So these pages can answer the same requests as the app, for the same person.
 *
 * @param deployment the deployment that keeps its sessions in cookies
 */
export async function referenceEnvironment({ env, cookieHeader }: Deployment): Promise<NodeJS.ProcessEnv> {
  const { NODE_ENV, ...settings } = env; // with "production", the embedded provider would not start in this process
  Object.assign(process.env, settings); // `sessions()` reads the settings from here, once in this process
  const session = await sessions().open(jarWith(cookieHeader));
  if (!session) throw new Error("The cookies of the login contain no session.");
  const person = { userinfo: session.userinfo, idTokenClaims: session.idTokenClaims };
  return {
    ...env,
    BENCH_PERSON: JSON.stringify(person),
    BENCH_COOKIE: cookieName("session"),
    BENCH_PASSWORDS: JSON.stringify(passwordsFor("session").opening),
  };
}
