import type { IncomingMessage } from "node:http";
import type { Problems } from "./forms.ts";
import { html } from "./html.ts";
import type { NewPerson, People } from "./people.ts";

const MAX_FORM_SIZE = 10_000;

/** Catches typing errors only: some characters, one @, and a domain of letters or digits. */
const EMAIL = /^[^\s@<>"]+@[\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u;

/**
 * Reads a submitted form.
 *
 * @throws Error with status 413 when it is longer than these forms can be
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

/** Checks the signup form. @returns the values with normalised spaces, and the problems to correct */
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
    problems.email = html`An account with this e-mail already exists. <a href="login">Log in</a> instead.`;
  }
  return { newcomer: { name, email }, problems };
}

function tidy(value: string | null): string {
  return (value ?? "").replace(/[\s\p{Cc}]+/gu, " ").trim();
}
