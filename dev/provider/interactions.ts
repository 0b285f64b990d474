import { errors, type InteractionResults, type Provider } from "oidc-provider";
import { readForm } from "../loopback.ts";
import { type Context, type FormState, type Html, html, type Middleware } from "./layout.ts";
import { NOTICES, renderLogIn, renderNotice, renderSignUp } from "./pages.ts";
import {
  asksForSecondFactor,
  DEMO_PEOPLE,
  type NewPerson,
  type People,
  type Person,
  SECOND_FACTOR,
} from "./people.ts";

/** oidc-provider's record of an authorization request that is waiting for the person. */
type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>;

/** A request for one of the pages, and the objects that the response needs. */
interface PageRequest {
  readonly ctx: Context;
  readonly provider: Provider;
  readonly interaction: Interaction;
  readonly people: People;
  readonly page: string;
}

/** Matches an e-mail address roughly, to catch typing errors: some characters, one @, and a domain. */
const EMAIL = /^[^\s@<>"]+@[\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u;

const PATH = /^\/interaction\/([\w-]+)(?:\/(login|signup|cancel))?$/;

/**
 * The pages between an authorization request and its response, at `/interaction/UID`: log in, sign up, cancel. They
 * work without scripts. The SameSite cookie that oidc-provider sets for each interaction prevents forged requests.
 */
export function interactions(provider: Provider, people: People, appUrl: string): Middleware {
  return async (ctx, next) => {
    if (ctx.path === "/") return renderNotice(ctx, appUrl, NOTICES.home);
    const [, uid, wanted] = PATH.exec(ctx.path) ?? [];
    if (!uid) return next();
    const interaction = await provider.interactionDetails(ctx.req, ctx.res).catch((error: unknown) => {
      if (error instanceof errors.SessionNotFound) return undefined;
      throw error;
    });
    if (interaction?.uid !== uid) return renderNotice(ctx, appUrl, NOTICES.expired);
    const { prompt, params } = interaction;
    // The specification's parameter for the signup page is `prompt=create`. Auth0's is `screen_hint=signup`.
    const asksForSignup = prompt.name === "create" || params.screen_hint === "signup";
    const page = wanted ?? (asksForSignup ? "signup" : "login");
    const request = { ctx, provider, interaction, people, page };
    if (ctx.method === "POST") return submit(request);
    // Grants `prompt=consent` without a page.
    if (prompt.name === "consent") return finish(request, { consent: {} });
    render(request, { values: { email: String(params.login_hint ?? "") }, problems: {} });
  };
}

function render({ ctx, interaction, page }: PageRequest, state: FormState): void {
  if (page === "signup") renderSignUp(ctx, { ...state, interaction });
  else renderLogIn(ctx, { ...state, interaction }, DEMO_PEOPLE);
}

async function submit(request: PageRequest): Promise<void> {
  const { ctx, people, page } = request;
  if (page === "cancel")
    return finish(request, { error: "access_denied", error_description: "The person cancelled the login" });
  const form = (await readForm(ctx.req)) ?? ctx.throw(413);
  const tidy = (field: string) => (form.get(field) ?? "").replace(/[\s\p{Cc}]+/gu, " ").trim();
  const values = { name: tidy("name"), email: tidy("email") };
  const known = people.find(values.email);
  const problems = problemsOf(page, values, known);
  const [problem] = Object.keys(problems);
  if (problem) render(request, { values, problems });
  else await finishAs(request, known ?? people.add(values));
}

/** @param known the person whose account matches the value of `email`, if there is one */
function problemsOf(page: string, { name, email }: NewPerson, known?: Person): FormState["problems"] {
  const unknown = html`There is no account with this e-mail. <a href="signup">Sign up</a> to create one.`;
  if (page === "login") return known ? {} : { email: email ? unknown : html`Enter your e-mail.` };
  const problems: Record<string, Html> = {};
  if (!name) problems.name = html`Enter a name.`;
  else if (name.length > 80) problems.name = html`Enter a name of at most 80 characters.`;
  if (!email) problems.email = html`Enter an e-mail.`;
  else if (email.length > 254 || !EMAIL.test(email))
    problems.email = html`Enter an e-mail in the form name@example.com.`;
  else if (known)
    problems.email = html`An account with this e-mail already exists. <a href="login">Log in</a> instead.`;
  return problems;
}

async function finishAs(request: PageRequest, { sub }: Person): Promise<void> {
  const { prompt, params } = request.interaction;
  const acr = asksForSecondFactor(params) && { acr: SECOND_FACTOR };
  return finish(request, { [prompt.name]: {}, login: { accountId: sub, ...acr } });
}

/** Passes the result to oidc-provider, and redirects to the URL where it continues the authorization request. */
async function finish(request: PageRequest, result: InteractionResults): Promise<void> {
  const { ctx, provider } = request;
  const returnTo = await provider.interactionResult(ctx.req, ctx.res, result);
  if (result.login) await assignSession(request, result.login.accountId);
  ctx.status = 303;
  ctx.redirect(returnTo);
}

/**
 * Assigns an existing session to another person who has just logged in. oidc-provider itself would end the old session
 * with a page that needs a script. Afterwards, oidc-provider gives the session a new id, as after every login.
 */
async function assignSession({ provider, interaction }: PageRequest, accountId: string): Promise<void> {
  const session = interaction.session && (await provider.Session.findByUid(interaction.session.uid));
  if (!session?.accountId || session.accountId === accountId) return;
  session.accountId = accountId;
  session.authorizations = undefined;
  await session.persist();
}
