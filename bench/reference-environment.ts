import { passwordsFor } from "../lib/auth/seal.ts";
import { cookieName } from "../lib/auth/session-cookie.ts";
import { sessions } from "../lib/auth/session-storage.ts";
import type { Deployment } from "./deployments.ts";
import { jarWith } from "./login.ts";

/**
 * The environment of the reference pages: the person to show, and the name and passwords of the app's session cookie. With
 * these, all pages receive the same requests and show the same content.
 *
 * @param deployment the deployment that keeps its sessions in cookies
 */
export async function referenceEnvironment({ env, cookieHeader }: Deployment): Promise<NodeJS.ProcessEnv> {
  const { NODE_ENV, ...settings } = env; // without NODE_ENV: this process starts the embedded provider, which refuses to start in production
  Object.assign(process.env, settings); // for the app's code below, which reads the settings once for all heats
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
