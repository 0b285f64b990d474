import { expect, test } from "vitest";
import { browserName } from "./session-list.tsx";

const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";

test.each([
  [`${WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36`, "Chrome on Windows"],
  [
    `${WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
    "Microsoft Edge on Windows",
  ],
  [`${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15`, "Safari on macOS"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Safari on iOS",
  ],
  [
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "Chrome on Android",
  ],
  [
    "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Samsung Internet for Android",
  ],
  ["Mozilla/5.0", "Unknown browser"],
  ["\u0000<script>", "Unknown browser"],
  ["   ", "Unknown browser"],
  ["", "Unknown browser"],
  [null, "Unknown browser"],
])("a browser with the User-Agent %s is shown as %s", (userAgent, name) => {
  expect(browserName(userAgent)).toBe(name);
});

test.each(["curl/8.14.1", "x".repeat(300), "(".repeat(300), `Chrome/${"9".repeat(290)}`])(
  "the User-Agent %s gets a short name within half a second",
  (userAgent) => {
    const begun = performance.now();
    expect(browserName(userAgent).length).toBeLessThan(320);
    expect(performance.now() - begun).toBeLessThan(500);
  },
);
