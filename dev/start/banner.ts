import { styleText } from "node:util";
import { SITE } from "../../lib/site.ts";
import { createClients, PUBLIC_CLIENT_ID } from "../provider/provider.ts";
import { brokerRows } from "./broker.ts"; // part: broker
import type { Environment, Plan } from "./environment.ts";

const NO_AUDIENCE = "OIDC_AUDIENCE is not set, so the API rejects your provider's access tokens";

/** The text that the terminal shows when everything runs: the app's URL, the demo people, the provider and the API. */
export function banner(plan: Plan, environment: Environment): string {
  const { OIDC_AUDIENCE, OIDC_RESOURCE } = environment;
  const isApiUseless = !plan.providerPort && plan.apiPort && !OIDC_AUDIENCE && !OIDC_RESOURCE;
  const rows = [
    ...(plan.providerPort
      ? [
          ["Log in as", "alice@example.com"],
          ["", "admin@example.com, who may read the admin message"],
          ["", "or sign up as a new person"],
          ["Provider", `${plan.issuer} (embedded, for development only)`],
          ...clientWarning(environment),
        ]
      : [["Provider", `${plan.issuer} (yours)`]]),
    ...brokerRows(environment), // part: broker
    ["Message API", plan.apiPort ? plan.apiUrl : `${plan.apiUrl} (yours)`],
    ...(isApiUseless ? [["", NO_AUDIENCE]] : []),
  ];
  return [
    "",
    `  ${styleText(["bold", "green"], `${SITE.name} is ready:`)} ${styleText(["bold", "underline"], plan.appBaseUrl)}`,
    "",
    ...rows.map(([label = "", text = ""]) => `  ${styleText("gray", label.padEnd(12))} ${text}`),
    "",
    `  ${styleText("gray", "Press Ctrl-C to stop.")}`,
    "",
  ].join("\n");
}

/** Warns if the settings contain a client that the embedded provider does not know. The app would use that client. */
function clientWarning({ OIDC_CLIENT_ID: id, OIDC_CLIENT_SECRET: secret }: Environment): string[][] {
  const names = [...(id ? ["OIDC_CLIENT_ID"] : []), ...(secret ? ["OIDC_CLIENT_SECRET"] : [])];
  const isKnown = createClients([]).some(({ client_id }) => client_id === id);
  if (names.length === 0 || isKnown) return [];
  const set = `${names.join(" and ")} set without OIDC_ISSUER`;
  const advice = names.length === 1 ? "this setting" : "these settings";
  return [
    ["", `${set}: nobody can log in, because the embedded provider`],
    ["", `knows only its own clients, such as "${PUBLIC_CLIENT_ID}". Set OIDC_ISSUER, or remove ${advice}`],
  ];
}
