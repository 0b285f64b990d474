import { errors, type InteractionResults, type Provider } from "oidc-provider";
import { renderLogIn, renderSignUp } from "./forms.ts";
import type { Foundation } from "./foundation.ts";
import { html } from "./html.ts";
import { renderExpired, renderHome } from "./pages.ts";
import type { Person } from "./people.ts";
import { checkNewPerson, readForm } from "./submission.ts";

/** An authorization request that waits for its person: oidc-provider's own record of it. */
export type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>;

type Middleware = Parameters<Provider["use"]>[0];

/** One request to one of the pages. */
interface Visit {
  readonly ctx: Parameters<Middleware>[0];
  readonly provider: Provider;
  readonly interaction: Interaction;
  readonly people: Foundation["people"];
}

const PATH = /^\/interaction\/([\w-]+)(?:\/(login|signup|cancel))?$/;

/**
 * The pages between an authorization request and its answer, under `/interaction/UID`: log in, sign up, cancel. They
 * work without scripts; the SameSite cookie that oidc-provider sets for each interaction keeps forged requests out.
 */
export function interactions(provider: Provider, { people, appUrl }: Foundation): Middleware {
  return async (ctx, next) => {
    if (ctx.path === "/") return renderHome(ctx, appUrl);
    const [, uid, page] = PATH.exec(ctx.path) ?? [];
    if (!uid) return next();
    const interaction = await findInteraction(provider, ctx);
    if (interaction?.uid !== uid) return renderExpired(ctx, appUrl);
    const visit = { ctx, provider, interaction, people };
    if (ctx.method === "POST") return submit(visit, page);
    // Asking for consent is honoured by giving it: there is nobody to ask.
    if (interaction.prompt.name === "consent") return finish(visit, { consent: {} });
    show(visit, page ?? (wantsSignUp(interaction) ? "signup" : "login"));
  };
}

/** `prompt=create` is the standard's way to ask for the sign-up page, `screen_hint=signup` is Auth0's. */
function wantsSignUp({ prompt, params }: Interaction): boolean {
  return prompt.name === "create" || params.screen_hint === "signup";
}

function show({ ctx, interaction, people }: Visit, page: string): void {
  const values = { email: String(interaction.params.login_hint ?? "") };
  if (page === "signup") renderSignUp(ctx, { interaction, values, problems: {} });
  else renderLogIn(ctx, { interaction, values, problems: {}, people: people.demo });
}

async function submit(visit: Visit, page: string | undefined): Promise<void> {
  if (page === "cancel") {
    return finish(visit, { error: "access_denied", error_description: "The person cancelled the log-in" });
  }
  const form = await readForm(visit.ctx.req);
  return page === "signup" ? signUp(visit, form) : logIn(visit, form);
}

async function logIn(visit: Visit, form: URLSearchParams): Promise<void> {
  const { ctx, interaction, people } = visit;
  const email = form.get("email")?.trim() ?? "";
  const person = people.find(email);
  if (person) return enter(visit, person);
  const signUpPath = `/interaction/${interaction.uid}/signup`;
  const problem = email
    ? html`Nobody with this e-mail has an account here. <a href="${signUpPath}">Sign up</a> to make one.`
    : html`Enter your e-mail.`;
  renderLogIn(ctx, { interaction, values: { email }, problems: { email: problem }, people: people.demo });
}

async function signUp(visit: Visit, form: URLSearchParams): Promise<void> {
  const { ctx, interaction, people } = visit;
  const { newcomer, problems } = checkNewPerson(form, people);
  if (Object.keys(problems).length) return renderSignUp(ctx, { interaction, values: newcomer, problems });
  return enter(visit, people.add(newcomer));
}

async function enter(visit: Visit, { sub }: Person): Promise<void> {
  return finish(visit, { [visit.interaction.prompt.name]: {}, login: { accountId: sub } });
}

/** Hands the outcome to oidc-provider and goes back to the authorization request. */
async function finish({ ctx, provider, interaction }: Visit, result: InteractionResults): Promise<void> {
  const returnTo = await provider.interactionResult(ctx.req, ctx.res, result);
  if (result.login) await handOver({ provider, interaction, to: result.login.accountId });
  ctx.status = 303;
  ctx.redirect(returnTo);
}

/**
 * Makes a session somebody else's. When another person logs in, oidc-provider would end the old session by a page that
 * submits itself by script; this does it without one. The session gets a new identifier right after, as at any log-in.
 */
async function handOver(options: {
  provider: Provider;
  interaction: Interaction;
  to: string;
}): Promise<void> {
  const { provider, interaction, to } = options;
  const session = interaction.session && (await provider.Session.findByUid(interaction.session.uid));
  if (!session?.accountId || session.accountId === to) return;
  session.accountId = to;
  session.authorizations = undefined;
  await session.persist();
}

async function findInteraction(provider: Provider, ctx: Visit["ctx"]): Promise<Interaction | undefined> {
  try {
    return await provider.interactionDetails(ctx.req, ctx.res);
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}
