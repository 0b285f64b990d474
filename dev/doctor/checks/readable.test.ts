import { expect, test } from "vitest";
import { decodeEntities, toReadableText } from "./browse.ts";

test.each([
  [
    "the messages of a JSON error",
    '{"error":"invalid_request","error_description":"no such thing","trace":"x"}',
    "invalid_request: no such thing",
  ],
  [
    "a page with a line for each paragraph",
    "<title>Oops</title><body><h1>Not\n here</h1><p>Ask <b>somebody</b> else.</p>",
    "Oops\nNot here\nAsk somebody else.",
  ],
  [
    "a page without scripts and styles, even if an end tag is missing",
    "<style>p { color: red }</style><p>Yes<script>no()</script></p><script>nor this",
    "Yes",
  ],
  [
    "a page with decoded character references",
    "<p>&#39;a&#x27; &quot;b&quot; &lt;c&gt; &amp;amp;</p>",
    "'a' \"b\" <c> &amp;",
  ],
  ["plain text unchanged", "just words", "just words"],
  ["malformed JSON as plain text", "{oops", "{oops"],
  ["empty for an empty answer", "", ""],
])("the readable text of an answer is %s", (_, body, text) => {
  expect(toReadableText(body)).toBe(text);
});

test("a reference to an invalid character number is removed", () => {
  expect(decodeEntities("a&#9999999;b&unknown;")).toBe("ab&unknown;");
});

test.each(["<script", "<", "&#", "<p>", "<div <div"])(
  "a very long page of %s is read within a second",
  (part) => {
    const startedAt = performance.now();
    toReadableText(part.repeat(1_000_000 / part.length));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  },
);
