import { expect, test } from "vitest";
import { decodeEntities, toReadableText } from "./readable.ts";

test.each([
  [
    "the messages of a JSON error",
    '{"error":"invalid_request","error_description":"no such thing","trace":"x"}',
    "invalid_request: no such thing",
  ],
  [
    "a page, with a line for each paragraph",
    "<title>Oops</title><body><h1>Not\n here</h1><p>Ask <b>somebody</b> else.</p>",
    "Oops\nNot here\nAsk somebody else.",
  ],
  [
    "no scripts and styles, not even without an end tag",
    "<style>p { color: red }</style><p>Yes<script>no()</script></p><script>nor this",
    "Yes",
  ],
  ["character references", "<p>&#39;a&#x27; &quot;b&quot; &lt;c&gt; &amp;amp;</p>", "'a' \"b\" <c> &amp;"],
  ["plain text unchanged", "just words", "just words"],
  ["malformed JSON as plain text", "{oops", "{oops"],
  ["an empty text for an empty answer", "", ""],
])("returns %s", (_, body, text) => {
  expect(toReadableText(body)).toBe(text);
});

test("a reference to an invalid character number is removed", () => {
  expect(decodeEntities("a&#9999999;b&unknown;")).toBe("ab&unknown;");
});

test.each(["<script", "<", "&#", "<p>", "<div <div"])("a very long page of %s is read quickly", (part) => {
  const startedAt = performance.now();
  toReadableText(part.repeat(1_000_000 / part.length));
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
