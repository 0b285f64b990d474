/**
 * The `test` of every end-to-end spec: Playwright's, with a stack of servers per worker and watchmen that fail a test
 * which leaves a token in a log, an error on the console or an exception that nobody caught.
 */
import { test as base, expect, type Page } from "playwright/test";
import { BrowserWatch } from "./browser-watch.ts";
import { createSqliteStore, type SqliteStore } from "./sqlite-store.ts"; // part: store
import { type Stack, startStack } from "./stack.ts";
import { type StoreApp, startStoreApp } from "./store-app.ts"; // part: store

export { expect };

interface WorkerFixtures {
  /** The app, the provider and the message API of this worker. Back in their first state at each test's beginning. */
  stack: Stack;
  // part: store
  /**
   * One more app, which keeps its sessions in a store. Started when it is first asked for, it stays until the worker
   * ends, and so do the sessions in it: people whose sessions are counted had better be new.
   */
  storeApp: StoreApp;
  // end part: store
}

interface TestFixtures {
  /** What the visitors' browsers complain of; `watch.allow(/status of 404/)` announces what a test provokes. */
  watch: BrowserWatch;
  /** Opens a page in a browser of its own: another visitor, or the same person on another device. */
  newVisitor: () => Promise<Page>;
  /** Lines that the app may log although nobody caught them: `allowedInLog.push(/…/)`. */
  allowedInLog: RegExp[];
  // part: store
  /** A store for apps that the test starts itself: empty, and gone at its end. */
  store: SqliteStore;
  // end part: store
  serverWatch: undefined;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  stack: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the first parameter destructured
    async ({}, use) => {
      const stack = await startStack();
      await use(stack);
      await stack.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],

  // part: store
  storeApp: [
    async ({ stack }, use) => {
      const app = await startStoreApp(stack);
      await use(app);
      await app.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  // end part: store

  baseURL: async ({ stack }, use) => use(stack.app.url),

  // The browser leaves before the servers do. A test may end while its page is still loading: the page's next script
  // would otherwise find its server gone, and the test fail of that.
  context: async ({ serverWatch: _outlivesIt, context }, use) => use(context),

  watch: [
    async ({ stack, context }, use) => {
      const watch = new BrowserWatch(stack.secrets);
      watch.follow(context);
      await use(watch);
      watch.expectQuiet();
    },
    { auto: true },
  ],

  newVisitor: async ({ browser, watch, contextOptions, baseURL }, use) => {
    const contexts: Awaited<ReturnType<typeof browser.newContext>>[] = [];
    await use(async () => {
      const context = await browser.newContext({ ...contextOptions, baseURL: baseURL ?? "" });
      contexts.push(context);
      watch.follow(context);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },

  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the first parameter destructured
  allowedInLog: async ({}, use) => use([]),

  // part: store
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the first parameter destructured
  store: async ({}, use) => {
    const store = createSqliteStore();
    await use(store);
    store.remove();
  },
  // end part: store

  serverWatch: [
    async ({ stack, allowedInLog }, use, testInfo) => {
      await use(undefined);
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach("what the apps have printed", {
          body: stack.recentLog,
          contentType: "text/plain",
        });
      }
      const problems = await stack.takeLogProblems(allowedInLog);
      await stack.reset();
      expect(problems, "in the app's log").toEqual([]);
    },
    { auto: true },
  ],
});
