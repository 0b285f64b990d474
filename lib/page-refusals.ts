import { headers } from "next/headers";
import { forbidden } from "next/navigation";
import { ANSWER_STATUS_HEADER } from "./auth/http.ts";
import type { SessionData } from "./auth/session.ts";
import { refusesAdmin } from "./messages.ts";

type Decision = (session: SessionData, requestId: string) => Promise<boolean>;

/** The pages that refuse some users. Each page has a function that decides whom it refuses. */
const DECISIONS: Readonly<Record<string, Decision>> = {
  "/admin": refusesAdmin,
};

/**
 * Whether a page refuses this user. The middleware asks before the page renders, and sets the status 403. `forbidden()`
 * would also set this status, but Next.js then renders the page only in the browser, with JavaScript.
 */
export async function isRefused(
  { method, pathname, requestId }: { method: string; pathname: string; requestId: string },
  session: SessionData,
): Promise<boolean> {
  if (!/^(GET|HEAD)$/.test(method)) return false; // a server action sets its own status
  return (await DECISIONS[pathname]?.(session, requestId)) ?? false;
}

/**
 * Shows the page's own panel to a visitor whom the page refuses.
 *
 * @returns the panel if the middleware has set the status 403; otherwise calls `forbidden()` (app/forbidden.tsx)
 */
export async function refuse<Panel>(panel: Panel): Promise<Panel> {
  if ((await headers()).get(ANSWER_STATUS_HEADER) !== "403") forbidden();
  return panel;
}
