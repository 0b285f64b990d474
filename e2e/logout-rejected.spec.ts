import type { Page } from "playwright/test";
import { logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

/** Headers of prefetches, of requests from other sites, and of requests for images and scripts. */
const FOREIGN: Record<string, string>[] = [
  { "Sec-Purpose": "prefetch" },
  { "Sec-Purpose": "prefetch;prerender" },
  { Purpose: "prefetch" },
  { "X-Moz": "prefetch" },
  { "Next-Router-Prefetch": "1" },
  { "Sec-Fetch-Site": "same-site" },
  { "Sec-Fetch-Site": "cross-site" },
  { Origin: "https://evil.test" },
  { Origin: "null" },
  { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image" },
  { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "script" },
];

async function expectStillLoggedIn(page: Page): Promise<void> {
  expect((await page.request.get("/auth/me")).status()).toBe(200);
}

for (const path of ["/auth/logout", "/logout"]) {
  test(`a link on another site to ${path} does not log the user out [A5, K6]`, async ({
    page,
    stack,
    watch,
  }) => {
    watch.allow(/status of 403/);
    await logInByRequest(page.request);
    await visitForeignSite(page, `<a href="${stack.app.url}${path}">A prize</a>`);
    await page.getByRole("link", { name: "A prize" }).click();
    await expect(page.getByText("To log out, use the app's own link or form.")).toBeVisible();
    await expectStillLoggedIn(page);
  });

  test(`a form on another site that posts to ${path} does not log the user out [A5, K6]`, async ({
    page,
    stack,
    watch,
  }) => {
    watch.allow(/status of 403/);
    await logInByRequest(page.request);
    await visitForeignSite(
      page,
      `<form method="post" action="${stack.app.url}${path}"><button>A prize</button></form>`,
    );
    await page.getByRole("button", { name: "A prize" }).click();
    await expect(page.getByText("To log out, use the app's own link or form.")).toBeVisible();
    await expectStillLoggedIn(page);
  });

  test(`a prefetch of ${path} or a request from another site does not log the user out [A5, K6]`, async ({
    page,
  }) => {
    await logInByRequest(page.request);
    for (const headers of FOREIGN) {
      for (const method of ["GET", "POST"]) {
        await test.step(`${method} with ${JSON.stringify(headers)}`, async () => {
          const answer = await page.request.fetch(path, { method, headers, maxRedirects: 0 });
          expect(answer.status()).toBe(403);
          expect(answer.headers()["set-cookie"]).toBeUndefined();
        });
      }
    }
    await expectStillLoggedIn(page);
  });
}

const ADDRESSES = [
  "/auth/logout",
  "/logout",
  "/auth/sessions", // part: remote-logout
];

for (const path of ADDRESSES) {
  test.describe(() => {
    // part: store
    // The list of sessions at /auth/sessions works only with a session store.
    if (path === "/auth/sessions") test.use({ baseURL: async ({ storeApp }, use) => use(storeApp.url) });
    // end part: store

    test(`an image, a frame or a fetch() of ${path} in a page of the app does not log the user out [A5]`, async ({
      page,
      watch,
    }) => {
      watch.allow(/status of 403|Refused to|violates|MIME type/);
      await logInByRequest(page.request);
      await page.goto("/profile");
      await page.evaluate(async (src) => {
        const load = (element: HTMLElement & { src: string }) =>
          new Promise((resolve) => {
            element.onload = element.onerror = resolve;
            element.src = src;
            document.body.append(element);
          });
        await load(new Image());
        await load(document.createElement("iframe"));
        await fetch(src, { redirect: "manual" });
        const everywhere = new URLSearchParams({ everywhere: "1" });
        await fetch(src, { method: "POST", body: everywhere, redirect: "manual" });
      }, path);
      await expectStillLoggedIn(page);
    });
  });
}

for (const method of ["HEAD", "OPTIONS"]) {
  test(`a request to a logout URL with the method ${method} does not log the user out [A5]`, async ({
    page,
  }) => {
    await logInByRequest(page.request);
    for (const path of ADDRESSES) {
      const answer = await page.request.fetch(path, { method, maxRedirects: 0 });
      expect(answer.headers()["set-cookie"], path).toBeUndefined();
    }
    await expectStillLoggedIn(page);
  });
}

/** Opens a page of another site in the visitor's browser. */
async function visitForeignSite(page: Page, body: string): Promise<void> {
  await page.route("http://evil.test/", (route) => route.fulfill({ contentType: "text/html", body }));
  await page.goto("http://evil.test/");
}
