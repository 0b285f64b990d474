import type { Environment } from "../../start/environment.ts";

/** The values among the settings that stand in no output, whoever says them. */
export function secretsOf(environment: Environment): string[] {
  const {
    OIDC_CLIENT_SECRET,
    OIDC_CLIENT_PRIVATE_KEY = "",
    SESSION_SECRET = "",
    SESSION_STORE_URL,
  } = environment;
  const all = [
    OIDC_CLIENT_SECRET,
    ...SESSION_SECRET.split(","),
    // Of a PEM each line, of a JWK each member; what is short is no part of the key itself.
    ...OIDC_CLIENT_PRIVATE_KEY.split(/\\n|[\s",:{}]+/).filter(({ length }) => length > 20),
    SESSION_STORE_URL,
    ...passwordIn(SESSION_STORE_URL),
  ];
  return [
    ...new Set(all.map((secret) => secret?.trim()).filter((secret): secret is string => Boolean(secret))),
  ];
}

/** As the URL has it: what is hidden is hidden percent-encoded as well as decoded. */
function passwordIn(url = ""): string[] {
  const password = /^[a-z+]+:\/\/[^:@/]*:([^@]+)@/i.exec(url)?.[1] ?? "";
  return [
    password,
    password.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
  ];
}
