import { interactionPolicy } from "oidc-provider";

const { base, Prompt } = interactionPolicy;

/**
 * The prompts, in the order in which they are shown: oidc-provider's own `login`, and three that are shown only on
 * request. `consent` replaces oidc-provider's prompt, which appears whenever a scope is new. The app belongs to the
 * provider, so it needs no consent, and `prompt=consent` is answered without a page.
 */
export function createPolicy(): interactionPolicy.DefaultPolicy {
  const prompts = base();
  prompts.remove("consent");
  prompts.add(new Prompt({ name: "consent", requestable: true }));
  prompts.add(new Prompt({ name: "select_account", requestable: true }), 0);
  prompts.add(new Prompt({ name: "create", requestable: true }), 0);
  return prompts;
}
