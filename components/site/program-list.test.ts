import { expect, test } from "vitest";
import { programTitle } from "./program-list.tsx";

test.each([
  ["python-httpx/0.23.3", "python-httpx 0.23.3"],
  ["curl/8.5.0", "curl 8.5.0"],
  ["node", "node"],
  ["report/2.1 (nightly; https://example.com)", "report 2.1"],
  ["Mozilla/5.0 (X11; Linux x86_64) Chrome/149", "Web browser"],
  ["<b>evil</b>", "Unknown program"],
  ["‮evil/1", "Unknown program"],
  ["", "Unknown program"],
  [null, "Unknown program"],
  [`${"x".repeat(100)}/1`, "Unknown program"],
])("a program with the User-Agent %j is shown as %j", (userAgent, title) => {
  expect(programTitle(userAgent)).toBe(title);
});
