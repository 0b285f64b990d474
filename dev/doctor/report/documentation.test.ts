import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allText, DoctorStage } from "@/dev/doctor/test-stage.ts";
import { SITE } from "../../../lib/site.ts";
import { CHECKS } from "../check.ts";
import type { Examination } from "../examine.ts";
import { renderText, toJson } from "./report.ts";

const read = (file: string) => readFileSync(path.resolve(import.meta.dirname, "../../..", file), "utf8");
const guide = read("docs/doctor.md");

let stage: DoctorStage;
beforeAll(async () => {
  stage = await DoctorStage.start();
});
afterAll(() => stage.close());

test("the example in docs/troubleshooting.md is the output of npm run doctor for a Keycloak with two errors", async () => {
  stage.op.issuerPath = "/realms/demo";
  stage.op.answers["/authorize"] = () => ({
    status: 400,
    text: '<title>Sign in to demo</title><h1>We are sorry...</h1><p class="instruction">Invalid parameter: redirect_uri</p>',
  });
  stage.op.answers["/token"] = () => ({
    status: 401,
    json: { error: "unauthorized_client", error_description: "Invalid client or Invalid client credentials" },
  });
  const examination = await stage.examine(
    {
      APP_BASE_URL: "http://localhost:4040",
      OIDC_CLIENT_ID: SITE.id,
      OIDC_SCOPE: "openid profile email",
    },
    { mode: "development" },
  );
  const report = JSON.stringify({
    ...examination,
    situation: { ...examination.situation, files: [".env.local"] },
  });
  const atHome: Examination = JSON.parse(
    report.replaceAll(stage.op.issuer, "https://keycloak.example.com/realms/demo"),
  );
  const printed = renderText(atHome, 80);
  const [, example = ""] = /```\n\$ npm run doctor\n([^`]+)```/.exec(read("docs/troubleshooting.md")) ?? [];
  const parts = example.split(/^…\n/m);
  expect(parts.length).toBeGreaterThan(2);
  for (const part of parts) expect(printed).toContain(part);
});

test("docs/doctor.md lists every check with its title and its name in the JSON", () => {
  for (const [name, title] of Object.entries(CHECKS)) {
    expect(guide).toContain(`| ${title} |`);
    expect(guide).toContain(`\`"${name}"\``);
  }
});

test("the example in docs/doctor.md has exactly the members of the JSON", async () => {
  stage.reset();
  const [, example = "{}"] = /```json\n([^`]+)```/.exec(guide) ?? [];
  const examination = await stage.examine();
  expect(allText(examination)).not.toBe("");
  const real = JSON.parse(JSON.stringify(toJson(examination)));
  const shown = JSON.parse(example);
  expect(Object.keys(shown)).toEqual(Object.keys(real));
  expect(Object.keys(shown.provider)).toEqual(Object.keys(real.provider));
  expect(Object.keys(shown.counts)).toEqual(Object.keys(real.counts));
  expect(shown.findings[0]).toEqual(real.findings[0]);
});
