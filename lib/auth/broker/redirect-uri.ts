import { getSettings } from "../../settings.ts";
import { Refusal } from "./answers.ts";

/**
 * An http URL on a loopback host (RFC 8252, 7.3). This matches the text, because URL parsers accept more spellings of
 * these hosts (`127.1`, `0x7f.1`, `%6cocalhost`, `[::ffff:7f00:1]`) and disagree about them.
 */
const LOOPBACK =
  /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]):([1-9]\d{1,4})(?:\/[\w\-.~!$&'()*+,;=:@%/]*)?(?:\?[\w\-.~!$&'()*+,;=:@%/?]*)?$/;

const MAX_LENGTH = 1_000; // characters

/** The callback URL that is registered with the provider. All programs share it. */
export function brokerCallback(): string {
  return `${getSettings().appBaseUrl}/auth/v2/callback`;
}

/**
 * Checks a program's redirect URI: a loopback host with one of the allowed ports, or a URL that is listed in the
 * settings. The app's own callback is allowed, too: it shows the tokens in the browser.
 *
 * @param name the parameter's name, for the message
 * @throws Refusal
 */
export function checkRedirectUri(value: string | null, name: string): string {
  if (!value) throw new Refusal(400, "invalid_request", `${name} is missing.`);
  const { redirectPorts, redirectUris } = getSettings().broker;
  const port = Number(value.length <= MAX_LENGTH ? LOOPBACK.exec(value)?.[1] : undefined);
  if (redirectPorts.includes(port) || redirectUris.includes(value) || isOwnCallback(value)) return value;
  const description = `${name} must be http://localhost, on one of the ports that auth-ports lists.`;
  throw new Refusal(400, "invalid_request", description);
}

/** Whether no program is waiting, because the login began with the app's own callback as its target. */
export function isOwnCallback(redirectUri: string): boolean {
  const { appBaseUrl } = getSettings();
  return [brokerCallback(), `${appBaseUrl}/api/auth/v2/callback`].includes(redirectUri);
}
