import { answers } from "../../start/ports.ts";
import type { Situation } from "./situation.ts";

/** What somebody reads who has set nothing, and has nothing running. */
export function welcome({ environment }: Situation): string {
  const base = environment.APP_BASE_URL;
  return `
There is nothing to check yet: no setting is set, and none is needed.

  npm run dev       starts the app with a provider and an API of its own, and
                    people to log in as. While it runs, npm run doctor checks
                    that.

For a provider of yours, register the app there, with these URLs:

  callback URL      ${base}/auth/callback
  log-out URL       ${base}/

and put what its console shows into .env.local (see .env.example):

  OIDC_ISSUER=…
  OIDC_CLIENT_ID=…
  OIDC_CLIENT_SECRET=…
  OIDC_AUDIENCE=…

docs/providers.md has the details for eleven providers. Then run npm run doctor
again.
`;
}

/** Whether `npm run dev` runs in another terminal, with the provider that it brings. */
export async function isProviderRunning({ environment }: Situation): Promise<boolean> {
  const issuer = URL.parse(environment.OIDC_ISSUER ?? "");
  return issuer !== null && answers(Number(issuer.port), "localhost");
}
