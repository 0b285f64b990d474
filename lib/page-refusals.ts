import { headers } from "next/headers";
import { forbidden } from "next/navigation";
import { ANSWER_STATUS_HEADER } from "./auth/http.ts";
import type { SessionData } from "./auth/session.ts";
import { refusesAdmin } from "./messages.ts"; // part: demo

type Decision = (session: SessionData, requestId: string) => Promise<boolean>;

/** Pages that refuse some people who are logged in, each with its decision. */
const DECISIONS: Readonly<Record<string, Decision>> = {
  "/admin": refusesAdmin, // part: demo
};

/**
 * Decides for a page before it renders, so that the middleware can set the status. `forbidden()` sets it too, but Next
 * then draws the page with JavaScript only.
 */
export async function isRefused(
  { method, pathname, requestId }: { method: string; pathname: string; requestId: string },
  session: SessionData,
): Promise<boolean> {
  if (!/^(GET|HEAD)$/.test(method)) return false; // a server action sets its own status
  return (await DECISIONS[pathname]?.(session, requestId)) ?? false;
}

/**
 * For a page that refuses the visitor: its own words, with the status 403.
 *
 * @returns the panel, where the middleware has set the status; otherwise `forbidden()` shows its own
 */
export async function refuse<Panel>(panel: Panel): Promise<Panel> {
  if ((await headers()).get(ANSWER_STATUS_HEADER) !== "403") forbidden();
  return panel;
}
