import { headers } from "next/headers";
import { forbidden } from "next/navigation";
import { ANSWER_STATUS_HEADER } from "./auth/http.ts";
import type { SessionData } from "./auth/session.ts";
import { refusesAdmin } from "./messages.ts";

type Decision = (session: SessionData, requestId: string) => Promise<boolean>;

/** The pages that refuse some users. The function of a page decides whether the page refuses a user. */
const DECISIONS: Readonly<Record<string, Decision>> = {
  "/admin": refusesAdmin,
};

/**
 * Whether a page refuses this user. If so, the middleware sets the status 403 before the page renders. Next.js's
 * `forbidden()` would also set this status, but its page appears only in browsers that run JavaScript.
 */
export async function isRefused(
  { method, pathname, requestId }: { method: string; pathname: string; requestId: string },
  session: SessionData,
): Promise<boolean> {
  if (!/^(GET|HEAD)$/.test(method)) return false; // a POST is a server action, which sets its own status
  return (await DECISIONS[pathname]?.(session, requestId)) ?? false;
}

/**
 * Shows the page's own panel to a user whom the page refuses.
 *
 * @returns the panel if the middleware has set the status 403; otherwise calls `forbidden()` (app/forbidden.tsx)
 */
export async function refuse<Panel>(panel: Panel): Promise<Panel> {
  if ((await headers()).get(ANSWER_STATUS_HEADER) !== "403") forbidden();
  return panel;
}
