import { expect, test } from "vitest";
import { brokerTable } from "./broker.ts";

test("the table of programs shows the ratio of each request to the login of a user", () => {
  const checks = { checkToken: 90.4, issueToken: 690, openSession: 65 };
  const lines = brokerTable({ checks, cpu: { login: 14, programLogin: 21, refresh: 7 } }).split("\n");
  expect(lines.slice(1).map((line) => line.split(/ {2,}/).slice(1))).toEqual([
    ["65 µs"],
    ["90 µs"],
    ["690 µs"],
    ["14.0 ms", "1.00"],
    ["21.0 ms", "1.50"],
    ["7.0 ms", "0.50"],
  ]);
});
