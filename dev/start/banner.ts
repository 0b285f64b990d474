import { styleText } from "node:util";
import type { Environment, Plan } from "./environment.ts";

/** What the terminal says once everything runs: where to go and whom to log in as. */
export function banner(plan: Plan, environment: Environment): string {
  const rows = [
    ...(plan.providerPort
      ? [
          ["Log in as", "alice@example.com"],
          ["", "admin@example.com, who may read the admin message"],
          ["", "or sign up as somebody new"],
          ["Provider", `${plan.issuer} (embedded, for development only)`],
        ]
      : [["Provider", `${plan.issuer} (yours)`]]),
    ["Message API", plan.apiPort ? plan.apiUrl : `${plan.apiUrl} (yours)`],
    ...(refusesEveryToken(plan, environment)
      ? [["", "OIDC_AUDIENCE is not set: it will refuse your provider's access tokens"]]
      : []),
  ];
  return [
    "",
    `  ${styleText(["bold", "green"], "Hello OIDC is ready:")} ${styleText(["bold", "underline"], plan.appBaseUrl)}`,
    "",
    ...rows.map(([label = "", text = ""]) => `  ${styleText("gray", label.padEnd(12))} ${text}`),
    "",
    `  ${styleText("gray", "Press Ctrl-C to stop.")}`,
    "",
  ].join("\n");
}

function refusesEveryToken({ providerPort, apiPort }: Plan, environment: Environment): boolean {
  return Boolean(!providerPort && apiPort && !environment.OIDC_AUDIENCE && !environment.OIDC_RESOURCE);
}
