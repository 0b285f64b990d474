import { endOneProgram } from "@/lib/auth/broker";
import { sessionRoute } from "@/lib/auth/guard";
import { readForm, redirectTo } from "@/lib/auth/http";
import { isSameOrigin, rejectCrossSite } from "@/lib/auth/logout";
import { sessions } from "@/lib/auth/session-storage";

const MAX_FORM_LENGTH = 1_000; // characters

/**
 * Logs out one of the programs that are logged in as the visitor. The form field `name` identifies the program.
 * Rejects a cross-site request with 403.
 */
export const POST = sessionRoute(async (request, jar, requestId) => {
  if (!isSameOrigin(request.headers)) return rejectCrossSite(requestId);
  const session = await sessions().open(jar);
  const name = (await readForm(request, MAX_FORM_LENGTH)).get("name");
  if (session && name) await endOneProgram(session, name);
  return redirectTo("/programs", 303);
});

/** Redirects to the list. A visitor gets here by opening the address of the form's `POST` again. */
export function GET(): Response {
  return redirectTo("/programs", 303);
}
