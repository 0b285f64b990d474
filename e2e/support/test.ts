/**
 * The `test` function of every end-to-end spec: Playwright's `test`, with a stack of servers for each worker. It also
 * fails a test if an app logs a token or an uncaught error, or if a browser reports an error.
 */
import { test as base, expect, type Page } from "playwright/test";
import type { TestPerson } from "../../dev/testing/kept-sessions.ts";
import { type AppServer, sessionCookie } from "./app/server.ts";
import { createSqliteStore, type SqliteStore } from "./app/sqlite-store.ts"; // part: store
import { type StoreApp, startStoreApp } from "./app/store-app.ts"; // part: store
import { BrowserWatch } from "./browser/browser-watch.ts";
import { findLocalhostHere } from "./browser/localhost.ts";
import { type Stack, startStack } from "./stack.ts";

export { expect };

findLocalhostHere();

interface WorkerFixtures {
  /** The app, the provider and the message API of this worker. They are reset after each test. */
  stack: Stack;
  // part: store
  /**
   * Another app, which keeps its sessions in a store. The app and its sessions stay until the worker ends, so a test
   * that counts a user's sessions needs a new person.
   */
  storeApp: StoreApp;
  // end part: store
}

interface TestFixtures {
  /** Fails the test if a browser reports an error or sends a token in a URL. `watch.allow(/…/)` allows an error. */
  watch: BrowserWatch;
  /** Opens a page in a new browser: another visitor, or the same person on another device. */
  newVisitor: () => Promise<Page>;
  /** Logs a user in to `stack.app`, or to another app, without a browser. Returns the user's `Cookie` header. */
  sessionCookie: (person: TestPerson, app?: AppServer) => Promise<string>;
  /** Uncaught errors that the app may log: `allowedInLog.push(/…/)`. */
  allowedInLog: RegExp[];
  // part: store
  /** An empty session store for apps that the test starts. The store is removed at the end of the test. */
  store: SqliteStore;
  // end part: store
  serverWatch: undefined;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  stack: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright requires a destructured first parameter
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

  // Closes the browser before `serverWatch` resets the servers. A test may end while its page is still loading. If a
  // server then stopped, the browser would report scripts that it cannot load, and the test would fail.
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

  sessionCookie: async ({ stack }, use) => {
    await use((person, app = stack.app) => sessionCookie(app, person));
  },

  // biome-ignore lint/correctness/noEmptyPattern: Playwright requires a destructured first parameter
  allowedInLog: async ({}, use) => use([]),

  // part: store
  // biome-ignore lint/correctness/noEmptyPattern: Playwright requires a destructured first parameter
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
