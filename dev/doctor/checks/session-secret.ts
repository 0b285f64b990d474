import { type Context, error, ok, type Result, warning } from "../check.ts";

const HOW = "Generate one with: openssl rand -base64 32";

/** Matches text that is typical of secrets that people make up. */
const OBVIOUS =
  /secret|passw|change|example|replace|default|hello|session|cookie|qwert|letmein|admin|lorem|your-|-test|abcdef|1234567|7654321/i;

/** Matches several words, each in lower case, in capitals or with an initial capital. Random text mixes the cases. */
const WORDS = /^([A-Z]?[a-z]+|[A-Z]+)([ _.-]([A-Z]?[a-z]+|[A-Z]+))+$/;

// Bits of randomness. They matter because someone who has stolen a cookie can try any number of secrets.
const WEAK = 64; // fewer bits are an error
const FAIR = 100; // fewer bits are a warning

/** The check "Session secret": whether each secret is random enough. The report contains no part of a secret. */
export function checkSessionSecret({ situation, settings }: Context): Result[] {
  if (situation.mode === "development" && !situation.given.SESSION_SECRET)
    return [ok("npm run dev generates a secret.")];
  const { sessionSecrets, oidc } = settings;
  const results = sessionSecrets.map((secret, index) => {
    const name = `${sessionSecrets.length > 1 ? `Secret number ${index + 1} of ` : ""}SESSION_SECRET`;
    const isShared = secret === oidc.clientSecret;
    return isShared
      ? error(`${name} is the client secret, which the provider knows.`, HOW)
      : judge(secret, name);
  });
  const bad = results.filter(({ status }) => status !== "ok");
  if (new Set(sessionSecrets).size < sessionSecrets.length)
    bad.push(warning("SESSION_SECRET contains the same secret twice.", "Remove one of them."));
  return bad.length > 0 ? bad : results.slice(0, 1);
}

function judge(secret: string, name: string): Result {
  // If the secret is a repetition of a shorter text, `unit` is the shortest such text; otherwise the whole secret.
  const unit = secret.slice(0, (secret + secret).indexOf(secret, 1));
  if (unit.length < secret.length && entropy(unit) < FAIR) return error(`${name} repeats a short text.`, HOW);
  // In a sequence such as "abc…xyzabc…", the steps between the codes of the characters have at most two values.
  const steps = Array.from(
    secret.slice(1),
    (_, index) => secret.charCodeAt(index + 1) - secret.charCodeAt(index),
  );
  if (new Set(steps).size <= 2) return error(`${name} is a sequence of consecutive characters.`, HOW);
  const bits = entropy(secret);
  const estimate = `about ${Math.floor(bits)} bits of randomness at most`;
  if (bits < WEAK) return error(`${name} is easy to guess: ${estimate}.`, HOW);
  if (OBVIOUS.test(secret) || WORDS.test(secret))
    return warning(`${name} contains dictionary words; generate it instead.`, HOW);
  if (bits < FAIR) return warning(`${name} should be more random: ${estimate}.`, HOW);
  return ok(`${secret.length} characters that look random.`);
}

/** The Shannon entropy of a text in bits, from the frequencies of its characters. For text with words, it is too high. */
function entropy(text: string): number {
  const groups = Object.values(Object.groupBy(text, (character) => character));
  const shares = groups.map((same = []) => same.length / text.length);
  return text.length * -shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
}
