import { getSettings } from "../../settings.ts";
import { Refusal } from "./answers.ts";

/**
 * Matches the text of an http URL on a loopback host (RFC 8252, 7.3). A URL parser would also accept other spellings of
 * these hosts (`127.1`, `0x7f.1`, `%6cocalhost`, `[::ffff:7f00:1]`), but parsers disagree about them.
 */
const LOOPBACK =
  /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]):([1-9]\d{1,4})(?:\/[\w\-.~!$&'()*+,;=:@%/]*)?(?:\?[\w\-.~!$&'()*+,;=:@%/?]*)?$/;

const MAX_LENGTH = 1_000; // characters

/** The callback URL that is registered with the provider. All programs share it. */
export function brokerCallback(): string {
  return `${getSettings().appBaseUrl}/auth/v2/callback`;
}

/**
 * Checks a program's redirect URI. It must be a loopback URL with an allowed port, a URL in the settings, or the app's
 * own callback, which shows the tokens in the browser.
 *
 * @param name the parameter's name, for the message
 * @throws Refusal if the redirect URI is none of these
 */
export function checkRedirectUri(value: string | null, name: string): string {
  if (!value) throw new Refusal(400, "invalid_request", `${name} is missing.`);
  const { redirectPorts, redirectUris } = getSettings().broker;
  const port = Number(value.length <= MAX_LENGTH ? LOOPBACK.exec(value)?.[1] : undefined);
  if (redirectPorts.includes(port) || redirectUris.includes(value) || isOwnCallback(value)) return value;
  const description = `${name} must be an http://localhost URL with a port that auth-ports lists.`;
  throw new Refusal(400, "invalid_request", description);
}

/** Whether a redirect URI is the app's own callback. No program is then waiting, so the browser shows the tokens. */
export function isOwnCallback(redirectUri: string): boolean {
  const { appBaseUrl } = getSettings();
  return [brokerCallback(), `${appBaseUrl}/api/auth/v2/callback`].includes(redirectUri);
}
