import { SITE } from "../../lib/site.ts";
import { type Html, html } from "./html.ts";
import type { Interaction } from "./interactions.ts";
import { type PageContext, sendPage } from "./layout.ts";
import type { NewPerson, Person } from "./people.ts";

/** Error messages, by form field. */
export type Problems<Field extends string> = Partial<Record<Field, Html>>;

interface FormPage<Field extends string> {
  readonly interaction: Interaction;
  /** What was submitted before, or taken from `login_hint`. */
  readonly values: Partial<Record<Field, string>>;
  readonly problems: Problems<Field>;
}

/** The login page: a button for each demo person, and a field for people who signed up. */
export function renderLogIn(
  ctx: PageContext,
  { interaction, values, problems, people }: FormPage<"email"> & { people: readonly Person[] },
): void {
  const path = `/interaction/${interaction.uid}`;
  sendPage(ctx, {
    title: problems.email ? "Error: Log in" : "Log in",
    status: problems.email ? 422 : 200,
    formTargets: [interaction.params.redirect_uri],
    body: html`<h1>Log in</h1>
<p>Choose a demo person to continue to ${SITE.name}.</p>
<form method="post" action="${path}/login">
<ul class="people">
${people.map(personButton)}
</ul>
</form>
<p class="or"><span>or</span></p>
<form method="post" action="${path}/login" novalidate>
${field({ name: "email", label: "E-mail", type: "email", autocomplete: "username", values, problems })}
<button class="primary" type="submit">Continue</button>
</form>
<p>New here? <a href="${path}/signup">Sign up</a></p>
${cancel(path)}`,
  });
}

/** The signup page. */
export function renderSignUp(
  ctx: PageContext,
  { interaction, values, problems }: FormPage<keyof NewPerson>,
): void {
  const path = `/interaction/${interaction.uid}`;
  const failed = Object.keys(problems).length > 0;
  sendPage(ctx, {
    title: failed ? "Error: Sign up" : "Sign up",
    status: failed ? 422 : 200,
    formTargets: [interaction.params.redirect_uri],
    body: html`<h1>Sign up</h1>
<p>Create a demo account for ${SITE.name}. It is deleted when the demo provider stops.</p>
<form method="post" action="${path}/signup" novalidate>
${field({ name: "name", label: "Name", type: "text", autocomplete: "name", values, problems })}
${field({ name: "email", label: "E-mail", type: "email", autocomplete: "email", values, problems })}
<button class="primary" type="submit">Create account</button>
</form>
<p>Have an account? <a href="${path}/login">Log in</a></p>
${cancel(path)}`,
  });
}

function personButton({ sub, name, email, permissions }: Person): Html {
  const may = permissions.length ? "May read the admin message" : "Has no special permission";
  return html`<li><button class="person" type="submit" name="email" value="${email}" aria-label="Continue as ${name} (${email})" aria-describedby="${sub}-may">
<img src="/people/${sub}.svg" alt="" width="40" height="40">
<span><strong>${name}</strong><span class="muted">${email}</span><span class="hint" id="${sub}-may">${may}</span></span>
</button></li>`;
}

function field<Field extends string>(options: {
  name: Field;
  label: string;
  type: "text" | "email";
  autocomplete: string;
  values: Partial<Record<Field, string>>;
  problems: Problems<Field>;
}): Html {
  const { name, label, type, autocomplete, values } = options;
  const problem = options.problems[name];
  const invalid = problem && html` aria-invalid="true" aria-describedby="${name}-problem"`;
  return html`<p class="field">
<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" value="${values[name] ?? ""}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false" required${invalid}>
${problem && html`<span class="problem" id="${name}-problem" role="alert">${problem}</span>`}
</p>`;
}

function cancel(path: string): Html {
  return html`<form method="post" action="${path}/cancel">
<button class="secondary" type="submit">Cancel</button>
</form>`;
}
