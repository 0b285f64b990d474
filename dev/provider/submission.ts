import type { IncomingMessage } from "node:http";
import type { Problems } from "./forms.ts";
import { html } from "./html.ts";
import type { NewPerson, People } from "./people.ts";

const MAX_FORM_SIZE = 10_000;

/** Enough to catch a slip: something, one @, a domain with letters or digits. What follows is the mail server's affair. */
const EMAIL = /^[^\s@<>"]+@[\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u;

/**
 * Reads a submitted form.
 *
 * @throws Error with status 413 when it is longer than such a form can be
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > MAX_FORM_SIZE)
      throw Object.assign(new Error("form too large"), { status: 413, expose: true });
  }
  return new URLSearchParams(body);
}

/** Checks what the sign-up page sent: the newcomer with spaces tidied up, and what has to be mended first. */
export function checkNewPerson(
  form: URLSearchParams,
  people: People,
): { newcomer: NewPerson; problems: Problems<keyof NewPerson> } {
  const name = tidy(form.get("name"));
  const email = tidy(form.get("email"));
  const problems: Problems<keyof NewPerson> = {};
  if (!name) problems.name = html`Enter a name.`;
  else if (name.length > 80) problems.name = html`Enter a name of at most 80 characters.`;
  if (!email) problems.email = html`Enter an e-mail.`;
  else if (email.length > 254 || !EMAIL.test(email)) {
    problems.email = html`Enter an e-mail in the form name@example.com.`;
  } else if (people.find(email)) {
    problems.email = html`There is an account with this e-mail already. <a href="login">Log in</a> instead.`;
  }
  return { newcomer: { name, email }, problems };
}

function tidy(value: string | null): string {
  return (value ?? "").replace(/[\s\p{Cc}]+/gu, " ").trim();
}
