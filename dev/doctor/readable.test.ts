import { expect, test } from "vitest";
import { decodeEntities, readable } from "./readable.ts";

test.each([
  [
    "the members of an error in JSON",
    '{"error":"invalid_request","error_description":"no such thing","trace":"x"}',
    "invalid_request: no such thing",
  ],
  [
    "a page, a line for each paragraph",
    "<title>Oops</title><body><h1>Not\n here</h1><p>Ask <b>somebody</b> else.</p>",
    "Oops\nNot here\nAsk somebody else.",
  ],
  [
    "nothing of scripts and styles, also of those that never end",
    "<style>p { color: red }</style><p>Yes<script>no()</script></p><script>nor this",
    "Yes",
  ],
  [
    "characters by their names and numbers",
    "<p>&#39;a&#x27; &quot;b&quot; &lt;c&gt; &amp;amp;</p>",
    "'a' \"b\" <c> &amp;",
  ],
  ["plain text as it is", "just words", "just words"],
  ["JSON that is none as plain text", "{oops", "{oops"],
  ["nothing of nothing", "", ""],
])("gives %s", (_, body, text) => {
  expect(readable(body)).toBe(text);
});

test("a number that is no character's is left out", () => {
  expect(decodeEntities("a&#9999999;b&unknown;")).toBe("ab&unknown;");
});

test.each(["<script", "<", "&#", "<p>", "<div <div"])("a page of %s without end costs no time", (part) => {
  const startedAt = performance.now();
  readable(part.repeat(1_000_000 / part.length));
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
