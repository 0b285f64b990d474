import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { getSettings, type Settings } from "../../settings.ts";
import { redirectTo } from "../http.ts";
import type { LoginSecrets } from "../provider/index.ts";
import { decrypt, encrypt } from "../seal.ts";
import { TRANSACTION_LIFETIME } from "../transaction.ts";

/*
 * The provider knows production's callback only. A preview sends production's `redirect_uri`, and seals into `state` where
 * it is. Production opens the state, and hands the answer on to the preview, which finishes the login with its own cookie.
 */

/** What the `state` of a preview's login holds. */
interface PreviewState {
  /** The state of the login, after which its cookie is named. */
  readonly state: string;
  readonly origin: string;
  readonly createdAt: number; // Unix seconds
}

const PLACE = "preview"; // of the seal; not the name of a cookie
const CALLBACK = "/auth/callback";

/** The parameter `state` of a preview's authentication request; none in production, and where previews are off. */
export async function previewState({ state }: LoginSecrets): Promise<{ state?: string }> {
  const settings = getSettings();
  if (!isPreview(settings.appBaseUrl, settings)) return {};
  const value: PreviewState = { state, origin: settings.appBaseUrl, createdAt: nowInSeconds() };
  return { state: await encrypt("transaction", value, PLACE) };
}

/**
 * Deals with the answer to a preview's login, before the callback does.
 *
 * In production, hands it on: only to an origin that is sealed in the state and matches PREVIEW_ORIGINS. In a preview, puts
 * the state of the login into the query in place of the sealed one, so that the callback finds the login's cookie.
 *
 * @param query of the answer
 * @returns a redirect to the preview; null if this app finishes the login
 */
export async function receivePreviewAnswer(query: URLSearchParams, request: Request, requestId: string) {
  const settings = getSettings();
  const [sealed = "", ...others] = query.getAll("state");
  if (settings.previewOrigins.length === 0 || others.length > 0) return null;
  const opened = await open(sealed);
  if (isPreview(settings.appBaseUrl, settings)) {
    // Another state is none: the preview has begun no such login.
    query.set("state", opened?.origin === settings.appBaseUrl ? opened.state : "");
    return null;
  }
  if (!opened || !isPreview(opened.origin, settings)) return null;
  log.info({ requestId, step: "login", preview: opened.origin }, "the answer is handed on to a preview");
  return redirectTo(`${opened.origin}${CALLBACK}${new URL(request.url).search}`, 303);
}

/** Opens a sealed state. Null for any other, and for one whose login has expired. */
async function open(sealed: string): Promise<PreviewState | null> {
  if (!sealed.includes(".")) return null;
  const opened = await decrypt<PreviewState>("transaction", sealed, PLACE).catch(() => null);
  return opened && nowInSeconds() < opened.createdAt + TRANSACTION_LIFETIME ? opened : null;
}

function isPreview(origin: string, { previewOrigins }: Settings): boolean {
  return previewOrigins.some((pattern) => pattern.test(origin));
}
