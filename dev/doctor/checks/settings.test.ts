import { expect, test } from "vitest";
import { SESSION_SECRET } from "@/dev/doctor/test-stage.ts";
import { ENVIRONMENT } from "@/dev/testing/fresh-process.ts";
import type { Situation } from "../report/situation.ts";
import { checkSettings } from "./settings.ts";

function check(
  changes: Record<string, string | undefined> = {},
  mode: Situation["mode"] = "production",
  given?: Situation["given"],
) {
  const all = { ...ENVIRONMENT, SESSION_SECRET, ...changes };
  const environment = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return checkSettings({
    mode,
    files: [".env.local"],
    unreadable: [],
    given: given ?? environment,
    environment,
    brought: { provider: false, api: false },
  });
}

test("each setting that prevents a start is an error, and the last error says where to change settings", () => {
  const { results, usable } = check({ OIDC_ISSUER: "http://idp.example.com", OIDC_CLIENT_ID: undefined });
  expect(results.map(({ status, seen }) => [status, seen.split(" ")[0]])).toEqual([
    ["error", "OIDC_ISSUER"],
    ["error", "OIDC_CLIENT_ID"],
  ]);
  expect(results.map(({ fix }) => fix)).toEqual([
    [],
    ["Change settings in .env.local or the environment. .env.example explains each setting."],
  ]);
  expect(usable).toBeNull();
});

test("an unreadable .env file is named, and its settings are not reported as missing", () => {
  const situation = { mode: "development", files: [".env.local"], given: {}, environment: {} } as const;
  const unreadable = [".env.local is encoded in UTF-16. Save it as UTF-8"];
  const { results, usable } = checkSettings({
    ...situation,
    unreadable,
    brought: { provider: true, api: true },
  });
  expect(results).toEqual([
    expect.objectContaining({ status: "error", seen: expect.stringContaining("UTF-16. Save it as UTF-8.") }),
  ]);
  expect(usable).toBeNull();
});

test("a redirect URI on another origin is an error, because logins fail", () => {
  const { results, usable } = check({ OIDC_REDIRECT_URI: "https://other.example.com/auth/callback" });
  expect(results).toEqual([
    expect.objectContaining({
      status: "error",
      seen: expect.stringContaining("login cookie is set at APP_BASE_URL"),
    }),
  ]);
  expect(usable).not.toBeNull();
});

test.each([
  ["OIDC_REDIRECT_URI", "https://app.example.com/api/auth/callback/oidc", "the app does not serve"],
  ["APP_BASE_URL", "http://app.example.com", "without https"],
  ["SESSION_IDLE_TIMEOUT", "999999999", "no effect"],
  ["OIDC_ISSUER_URL", "https://idp.example.com", "OIDC_ISSUER_URL is not a setting"],
])("%s=%s is valid, but causes a warning", (name, value, said) => {
  const { results, usable } = check({ [name]: value });
  expect(results).toEqual([
    expect.objectContaining({ status: "warning", seen: expect.stringContaining(said) }),
  ]);
  expect(usable).not.toBeNull();
});

test.each(["…", "...", "<your client id>", "your-client-id", "xxxxxxxx", "changeme"])(
  "the client id %s is an error, because it is only an example",
  (value) => {
    expect(check({ OIDC_CLIENT_ID: value }).results).toEqual([
      expect.objectContaining({ status: "error", seen: expect.stringContaining("OIDC_CLIENT_ID") }),
    ]);
  },
);

test("a callback URL with the alias /callback is ok, and so is http on localhost", () => {
  expect(check({ OIDC_REDIRECT_URI: "https://app.example.com/callback" }).results[0]?.status).toBe("ok");
  expect(check({ APP_BASE_URL: "http://localhost:4040" }).results[0]?.status).toBe("ok");
});

test("in development, missing settings are an error, unless npm run dev has added them", () => {
  const { results } = check({ OIDC_CLIENT_ID: undefined, SESSION_SECRET: undefined }, "development");
  expect(results[0]?.status).toBe("error"); // because check() does not add the settings of npm run dev
  const complete = check({}, "development");
  expect(complete.results[0]?.seen).toBe("Complete and valid.");
});

test("in development, the doctor names the settings that npm start also requires", () => {
  const given = { OIDC_ISSUER: "https://idp.example.com", OIDC_CLIENT_ID: "the-client" };
  const said = "Complete and valid. For npm start, also set APP_BASE_URL and SESSION_SECRET.";
  expect(check({}, "development", given).results).toEqual([expect.objectContaining({ seen: said })]);
});
