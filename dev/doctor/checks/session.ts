import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../../lib/clock.ts";
import type { Settings } from "../../../lib/settings.ts";
import { openStore } from "../../../lib/store/open-store.ts";
import { isStoreError } from "../../../lib/store/store.ts";
import type { Context } from "../context.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import type { Tell } from "../report/foreign-text.ts";

const HOW = "Generate one with: openssl rand -base64 32";

/** Words that people use when they make up a secret. */
const OBVIOUS =
  /secret|passw|change|example|replace|default|hello|session|cookie|qwert|letmein|admin|lorem|your-|-test|abcdef|1234567|7654321/i;

/** Only words, each in lower case, in capitals or with an initial capital. A random text has capitals anywhere. */
const WORDS = /^([A-Z]?[a-z]+|[A-Z]+)([ _.-]([A-Z]?[a-z]+|[A-Z]+))+$/;

/** Bits of randomness. Anyone who has a cookie can try secrets offline, as fast as their computers allow. */
const WEAK = 64;
const FAIR = 100;

/** "Session secret": each secret is long and random enough. Its length is the only thing that is reported about it. */
export function checkSessionSecret({ situation, settings }: Context): Result[] {
  if (situation.mode === "development" && !situation.given.SESSION_SECRET) {
    return [ok("npm run dev generates one.")];
  }
  const { sessionSecrets, oidc } = settings;
  const results = sessionSecrets.map((secret, index) => {
    const name =
      sessionSecrets.length === 1 ? "SESSION_SECRET" : `Secret number ${index + 1} of SESSION_SECRET`;
    return judge(secret, name, oidc.clientSecret);
  });
  const bad = results.filter(({ status }) => status !== "ok");
  if (new Set(sessionSecrets).size < sessionSecrets.length) {
    bad.push(warning("SESSION_SECRET contains the same secret twice.", "Remove one of them."));
  }
  return bad.length > 0 ? bad : results.slice(0, 1);
}

function judge(secret: string, name: string, clientSecret: string | undefined): Result {
  if (secret === clientSecret) return error(`${name} is the client secret, which the provider knows.`, HOW);
  const unit = repeatedPart(secret);
  if (unit.length < secret.length && entropy(unit) < FAIR) return error(`${name} repeats a short text.`, HOW);
  if (isRow(secret)) return error(`${name} is a sequence of consecutive characters.`, HOW);
  const bits = entropy(secret);
  const estimate = `about ${Math.floor(bits)} bits of randomness at most`;
  if (bits < WEAK) return error(`${name} is easy to guess: ${estimate}.`, HOW);
  if (OBVIOUS.test(secret) || WORDS.test(secret)) {
    return warning(`${name} contains dictionary words; generate it instead.`, HOW);
  }
  if (bits < FAIR) return warning(`${name} should be more random: ${estimate}.`, HOW);
  return ok(`${secret.length} characters that look random.`);
}

/** The part that a text repeats; the whole text if it repeats none. */
function repeatedPart(text: string): string {
  return text.slice(0, (text + text).indexOf(text, 1));
}

/** Whether each character follows from the one before it, as in an alphabet. */
function isRow(text: string): boolean {
  const codes = [...text].map((character) => character.charCodeAt(0));
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0));
  return new Set(steps).size <= 2;
}

/** Shannon entropy over the text's own characters, in bits: an upper bound for the randomness of such a text. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / text.length);
  return text.length * -shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
}

/** "Session store": an entry can be written, replaced, read and deleted. */
export async function checkSessionStore({
  settings,
  tell,
}: {
  readonly settings: Pick<Settings, "sessionStoreUrl">;
  readonly tell: Tell;
}): Promise<Result> {
  const { sessionStoreUrl } = settings;
  if (!sessionStoreUrl) return ok("None: sessions are kept in encrypted cookies.");
  const store = openStore(sessionStoreUrl);
  const key = `hello-oidc:doctor:${randomUUID()}`;
  const startedAt = performance.now();
  try {
    const expiresAt = nowInSeconds() + 60;
    await store.set(key, "written", expiresAt);
    await store.replace(key, "written", { value: "replaced", expiresAt });
    const [read] = await store.get([key]);
    await store.delete([key]);
    if (read !== "replaced")
      return error(
        "The session store does not return what was written.",
        "Check that only this app writes to it, and that every instance uses the same database.",
      );
    return ok(`An entry was written, read and deleted in ${Math.ceil(performance.now() - startedAt)} ms.`);
  } catch (thrown) {
    if (!isStoreError(thrown)) throw thrown;
    return error(
      `The session store cannot be used: ${tell(thrown.message)}.`,
      "Check the server, the user and the database in SESSION_STORE_URL, and any proxy or firewall in between.",
    );
  } finally {
    await store.close().catch(() => undefined);
  }
}
