import { interactionPolicy } from "oidc-provider";

const { base, Prompt } = interactionPolicy;

/**
 * Which prompts there are, in the order they are put: oidc-provider's own `login`, and three that are shown only when
 * the request asks for them. `consent` replaces oidc-provider's, which would ask whenever a scope is new: the app is
 * the provider's own, so nobody has to agree to anything, and asking for it explicitly is answered without a page.
 */
export function createPolicy(): interactionPolicy.DefaultPolicy {
  const prompts = base();
  prompts.remove("consent");
  prompts.add(new Prompt({ name: "consent", requestable: true }));
  prompts.add(new Prompt({ name: "select_account", requestable: true }), 0);
  prompts.add(new Prompt({ name: "create", requestable: true }), 0);
  return prompts;
}
