import type { Context } from "../context.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";

const HOW = "Make one with: openssl rand -base64 32";

/** Words of people who had to think of something. */
const OBVIOUS =
  /secret|passw|change|example|replace|default|hello|session|cookie|qwert|letmein|admin|lorem|your-|-test|abcdef|1234567|7654321/i;

/** Words alone, each written as words are: in a random text, capitals are anywhere. */
const WORDS = /^([A-Z]?[a-z]+|[A-Z]+)([ _.-]([A-Z]?[a-z]+|[A-Z]+))+$/;

/** Bits that an estimate must come to: somebody with a cookie can try secrets at home, as fast as machines can. */
const WEAK = 64;
const FAIR = 100;

/** "Session secret": each of them is long and random enough. Nothing of it is said but its length. */
export function checkSessionSecret({ situation, settings }: Context): Result[] {
  if (situation.mode === "development" && !situation.given.SESSION_SECRET) {
    return [ok("npm run dev makes one of its own.")];
  }
  const { sessionSecrets, oidc } = settings;
  const results = sessionSecrets.map((secret, index) => {
    const name =
      sessionSecrets.length === 1 ? "SESSION_SECRET" : `Secret number ${index + 1} of SESSION_SECRET`;
    return judge(secret, name, oidc.clientSecret);
  });
  const bad = results.filter(({ status }) => status !== "ok");
  if (new Set(sessionSecrets).size < sessionSecrets.length) {
    bad.push(warning("SESSION_SECRET has the same secret twice.", "Leave one of them out."));
  }
  return bad.length > 0 ? bad : results.slice(0, 1);
}

function judge(secret: string, name: string, clientSecret: string | undefined): Result {
  if (secret === clientSecret) return error(`${name} is the client secret, which the provider knows.`, HOW);
  const unit = repeatedPart(secret);
  if (unit.length < secret.length && entropy(unit) < FAIR) {
    return error(`${name} is a short text, repeated.`, HOW);
  }
  if (isRow(secret)) return error(`${name} is made of characters in a row.`, HOW);
  const bits = entropy(secret);
  if (bits < WEAK)
    return error(`${name} is easy to guess: some ${Math.floor(bits)} bits of randomness at most.`, HOW);
  if (OBVIOUS.test(secret) || WORDS.test(secret)) {
    return warning(`${name} has words in it, as if somebody had thought of it.`, HOW);
  }
  if (bits < FAIR)
    return warning(`${name} could be more random: some ${Math.floor(bits)} bits at most.`, HOW);
  return ok(`${secret.length} characters that look random.`);
}

/** The part that a text consists of, again and again; the whole text where it does not. */
function repeatedPart(text: string): string {
  return text.slice(0, (text + text).indexOf(text, 1));
}

/** Whether each character follows from the one before, as in an alphabet. */
function isRow(text: string): boolean {
  const codes = [...text].map((character) => character.charCodeAt(0));
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0));
  return new Set(steps).size <= 2;
}

/** Shannon's measure over the text's own characters, in bits: what a text like this has at most. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / text.length);
  return text.length * -shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
}
