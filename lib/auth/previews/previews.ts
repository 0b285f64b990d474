import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { getSettings, type Settings } from "../../settings.ts";
import { redirectTo } from "../http.ts";
import type { LoginSecrets } from "../provider/index.ts";
import { decrypt, encrypt } from "../seal.ts";
import { TRANSACTION_LIFETIME } from "../transaction.ts";

/*
 * Only production's callback is registered with the provider. A preview sends production's `redirect_uri`, and seals
 * its own origin into `state`. Production opens the state and redirects the browser, with the response, to the preview.
 * The preview finishes the login, because the browser sends the login cookie only to the preview.
 */

/** The content of the sealed `state` of a preview's login. */
interface PreviewState {
  /** The login's own state. The login cookie is named after it. */
  readonly state: string;
  readonly origin: string;
  readonly createdAt: number; // Unix seconds
}

const PLACE = "preview"; // the `place` for `encrypt`, so that no other sealed value is accepted as a `state`
const CALLBACK = "/auth/callback";

/** The sealed `state` for a preview's authentication request. An empty object if this deployment is not a preview. */
export async function previewState({ state }: LoginSecrets): Promise<{ state?: string }> {
  const settings = getSettings();
  if (!isPreview(settings.appBaseUrl, settings)) return {};
  const value: PreviewState = { state, origin: settings.appBaseUrl, createdAt: nowInSeconds() };
  return { state: await encrypt("transaction", value, PLACE) };
}

/**
 * Handles the authorization response of a preview's login, before the callback does.
 *
 * In production, redirects the browser to the preview's origin, which must be sealed in the state and must match
 * PREVIEW_ORIGINS. In a preview, replaces the sealed state in the query with the login's own state, so that the
 * callback finds the login cookie.
 *
 * @param query the parameters of the response; in a preview, `state` is replaced
 * @returns a redirect to the preview; null if this deployment finishes the login
 */
export async function receivePreviewAnswer(query: URLSearchParams, request: Request, requestId: string) {
  const settings = getSettings();
  const [sealed = "", ...others] = query.getAll("state");
  if (settings.previewOrigins.length === 0 || others.length > 0) return null;
  const opened = await open(sealed);
  if (isPreview(settings.appBaseUrl, settings)) {
    // An invalid state becomes empty, so that it matches no login.
    query.set("state", opened?.origin === settings.appBaseUrl ? opened.state : "");
    return null;
  }
  if (!opened || !isPreview(opened.origin, settings)) return null;
  log.info({ requestId, step: "login", preview: opened.origin }, "redirecting the response to a preview");
  return redirectTo(`${opened.origin}${CALLBACK}${new URL(request.url).search}`, 303);
}

/** Opens a sealed state. Null if the state is not a valid seal, or if its login has expired. */
async function open(sealed: string): Promise<PreviewState | null> {
  if (!sealed.includes(".")) return null;
  const opened = await decrypt<PreviewState>("transaction", sealed, PLACE).catch(() => null);
  return opened && nowInSeconds() < opened.createdAt + TRANSACTION_LIFETIME ? opened : null;
}

function isPreview(origin: string, { previewOrigins }: Settings): boolean {
  return previewOrigins.some((pattern) => pattern.test(origin));
}
