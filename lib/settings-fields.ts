import { z } from "zod";
import { parseClientKey } from "./client-key.ts";
import { parseStoreUrl } from "./store/store-url.ts";

const MIN_SECRET_LENGTH = 32;

/** `SESSION_SECRET`: one or several secrets, separated by commas. Comes out as the list of them. */
export function sessionSecrets() {
  const hint = "Make one with: openssl rand -base64 32";
  return z.string({ error: `is missing. ${hint}` }).transform((value, context) => {
    const secrets = value.split(",").map((secret) => secret.trim());
    for (const [index, { length }] of secrets.entries()) {
      if (length >= MIN_SECRET_LENGTH) continue;
      const which = secrets.length === 1 ? "has" : `has, as its secret number ${index + 1},`;
      context.addIssue(`${which} ${length} characters, but needs at least ${MIN_SECRET_LENGTH}. ${hint}`);
    }
    return secrets;
  });
}

/** `OIDC_CLIENT_PRIVATE_KEY`. It comes out as a key; a complaint says nothing of it. */
export function clientKey() {
  return z.string().transform((value, context) => {
    const key = parseClientKey(value);
    if (!("problem" in key)) return key;
    context.addIssue(key.problem);
    return z.NEVER;
  });
}

/** `SESSION_STORE_URL`. It comes out as given; a complaint says nothing of it but its scheme. */
export function storeUrl() {
  return z.string().superRefine((value, context) => {
    const address = parseStoreUrl(value);
    if ("problem" in address) context.addIssue(address.problem);
  });
}

/** What the app itself says in an authentication request; a setting that said it too would say it twice, or wrong. */
const OWN_PARAMETERS = new Set([
  "client_id",
  "redirect_uri",
  "response_type",
  "response_mode",
  "scope",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
  "request",
  "request_uri",
]);

/** A setting that adds parameters to the authentication request, in the form of a query. */
export function requestParameters(fallback: string) {
  return z
    .string()
    .default(fallback)
    .transform((value, context) => {
      const parameters = [...new URLSearchParams(value === "none" ? "" : value)];
      for (const [name, text] of parameters) {
        if (OWN_PARAMETERS.has(name)) context.addIssue(`sets "${name}", which the app sets itself`);
        if (name === "max_age" && !/^\d{1,9}$/.test(text))
          context.addIssue(`has the max_age "${excerpt(text)}", which is no whole number of seconds`);
        if (!text) context.addIssue(`is "${excerpt(value)}", but must be name=value&name=value`);
      }
      return Object.fromEntries(parameters);
    });
}

/** A setting that is on or off. Off unless set. */
export function flag() {
  return z
    .enum(["true", "false"], { error: ({ input }) => `is "${excerpt(input)}", but must be true or false` })
    .transform((value) => value === "true")
    .default(false);
}

/** A setting that is a length of time: a whole number of seconds, at least 1 and at most `most`. */
export function seconds(fallback: number, most = 9_999_999_999) {
  return z
    .string()
    .regex(/^[1-9]\d{0,9}$/, {
      error: ({ input }) =>
        `is "${excerpt(input)}", which is no whole number of seconds. Example: ${fallback}`,
    })
    .transform(Number)
    .refine((value) => value <= most, {
      error: ({ input }) => `is "${excerpt(input)}", but must be at most ${most}. Example: ${fallback}`,
    })
    .default(fallback);
}

/** What was found, fit for a log: short, and without the credentials that a URL may carry. */
export function excerpt(value: unknown): string {
  return String(value).replace(/^.*@/s, "***@").slice(0, 100);
}
