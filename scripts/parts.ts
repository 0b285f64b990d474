import { globSync } from "node:fs";

/** A piece of the app that `npm run eject` can remove. */
export interface Part {
  readonly about: string;
  /** The name of a part without which this part does not work. Removing that part also removes this part. */
  readonly needs?: string;
  /** Files and folders, as glob patterns. */
  readonly files: readonly string[];
  /** Text to remove from other files, by the path of the file. It is inside a line that cannot have a tag. */
  readonly words?: Readonly<Record<string, string>>;
  /** Words that are only about this part. Without it, no file may have them or the names of its files or settings. */
  readonly traces?: readonly string[];
  /** Names of scripts in package.json. */
  readonly scripts?: readonly string[];
  /** Packages in `dependencies` or `devDependencies`. */
  readonly dependencies?: readonly string[];
}

/**
 * All parts. Lines of other files attach a part. Such a line ends in the comment `part: NAME`; a block of such lines is
 * between the comments `part: NAME` and `end part: NAME`. `npm run eject` removes these lines with the part.
 */
export const PARTS: Readonly<Record<string, Part>> = {
  // part: demo
  demo: {
    about: "the example pages, and the client of the message API",
    traces: ["`/admin`", "`/protected`"],
    files: [
      "app/(demo)",
      "components/demo",
      "components/ui/{chips,fact-list,notice}.tsx",
      "docs/images",
      "e2e/demo",
      "e2e/screenshots.ts",
      "lib/auth/user/notice.{ts,test.ts}",
      "lib/messages.{ts,test.ts}",
      "lib/page-refusals.{ts,test.ts}",
    ],
    // part: docs
    words: {
      "docs/settings.md":
        " Without it in production, *Public*, *Protected* and *Admin* say that there is no API.",
    },
    // end part: docs
    scripts: ["screenshots"],
  },
  // end part: demo
  // part: inspector
  inspector: {
    about: "/inspector: shows visitors each step of their last login, and lets them make a login fail",
    needs: "demo",
    traces: ["/inspector"],
    files: [
      "app/(inspector)",
      "components/inspector",
      "docs/images/{inspector,broken-login}-*.png",
      "docs/decisions/*-trace-of-a-login.md", // part: docs
      "docs/inspector.md", // part: docs
      "e2e/inspector.spec.ts",
      "lib/auth/inspector",
    ],
    words: {
      "README.md":
        " After your login, open `/inspector`. It shows the login step by step, and can make a login fail.",
    },
  },
  // end part: inspector
  // part: learn
  learn: {
    about: "the tutorial, and its pages below /learn",
    needs: "docs",
    traces: ["the tutorial"],
    files: [
      "app/(learn)",
      "components/learn",
      "dev/testing/run/tutorial{,-checks}.ts",
      "docs/tutorial",
      "e2e/learn.spec.ts",
    ],
    scripts: ["test:tutorial"],
    dependencies: ["marked"],
  },
  // end part: learn
  // part: store
  store: {
    about: "sessions in SQLite, Redis, PostgreSQL, MySQL or MongoDB (SESSION_STORE_URL)",
    files: [
      "dev/doctor/checks/session-store.{ts,test.ts}", // part: doctor
      "dev/testing/{memory-store,store-servers}.ts",
      "docs/decisions/*-{store,sql}*.md", // part: docs
      "docs/stores.md", // part: docs
      "e2e/demo/stored-token.spec.ts", // part: demo
      "e2e/{instances-with-store,store-unavailable,store-server,stored-session}.spec.ts",
      "e2e/support/app/{sqlite-store,store-app}.ts",
      "lib/auth/stored",
      "lib/store",
      "app/unavailable",
      "components/ui/login-item.tsx",
      "public/r/auth-store.json", // part: registry
      "scripts/registry/app/unavailable", // part: registry
      "lib/auth/tests/store-unavailable.test.ts",
    ],
    words: { "components/site/login-error-texts.ts": ", SESSION_STORE_URL" },
    dependencies: ["@redis/client", "mongodb", "mysql2", "pg", "@types/pg"],
  },
  // end part: store
  // part: remote-logout
  "remote-logout": {
    about: "back-channel logout, the list of a person's sessions, log out everywhere",
    needs: "store",
    traces: ["/auth/backchannel-logout", "og out everywhere"],
    files: [
      "app/auth/{backchannel-logout,sessions}",
      "components/site/session-list.{tsx,test.ts}",
      "e2e/{back-channel-logout,session-list}.spec.ts",
      "e2e/support/provider/logout-tokens.ts",
      "lib/auth/remote-logout",
    ],
    dependencies: ["bowser"],
  },
  // end part: remote-logout
  // part: broker
  broker: {
    about: "the token broker: programs log in through the app, and call its API (BROKER_AUDIENCE)",
    needs: "store",
    traces: ["token broker"],
    files: [
      "app/api/{admin,auth,email,maybe-me,me}",
      "app/auth/{programs,v2}",
      "app/{maybe_me,me,programs}",
      "bench/broker", // part: bench
      "components/site/program-list.{tsx,test.ts}",
      "dev/doctor/checks/broker.{ts,test.ts}", // part: doctor
      "dev/provider/device-flow.{ts,test.ts}",
      "dev/start/broker.{ts,test.ts}",
      "scripts/program.ts",
      "dev/testing/{broker-in-process,next-headers}.ts",
      "docs/{broker,programs}.md", // part: docs
      "e2e/broker.spec.ts",
      "e2e/support/browser/program.ts",
      "docs/decisions/*-programs.md", // part: docs
      "lib/auth/broker",
      "lib/auth/provider/device.ts",
      "public/program-login.css",
      "public/r/broker.json", // part: registry
    ],
    scripts: ["program"],
  },
  // end part: broker
  // part: previews
  previews: {
    about: "logins of preview deployments through production's callback (PREVIEW_ORIGINS)",
    files: ["e2e/previews.spec.ts", "lib/auth/previews"],
  },
  // end part: previews
  // part: fapi
  fapi: {
    about: "features of high-security profiles such as FAPI 2.0: private_key_jwt, pushed requests, DPoP",
    traces: ["DPoP proof"],
    files: [
      "dev/message-api/dpop-proof.ts",
      "e2e/client-keys.spec.ts",
      "lib/auth/provider/dpop.{ts,test.ts}",
      "lib/auth/provider/pushed-request.test.ts",
      "lib/client-key.{ts,test.ts}",
    ],
  },
  // end part: fapi
  // part: backend-proxy
  "backend-proxy": {
    about: "/api/backend: the browser calls an API through the app (BACKEND_PROXY_URL)",
    traces: ["/api/backend"],
    files: ["app/api/backend", "e2e/backend-proxy.spec.ts", "lib/backend-proxy"],
    words: { "middleware.ts": "api/backend/|" },
  },
  // end part: backend-proxy
  // part: container
  container: {
    about: "Dockerfile, compose.yaml, and the routes for health checks",
    files: [
      "app/{healthz,readyz}",
      "e2e/health.spec.ts",
      "lib/readiness.{ts,test.ts}",
      "Dockerfile",
      ".dockerignore",
      "compose.yaml",
      "dev/start/demo-services.ts",
      "dev/testing/run/{deploy,dockerfile}.ts",
    ],
    scripts: ["test:deploy"],
    words: {
      "middleware.ts": "healthz$|readyz$|",
      "README.md": " and `OIDC_CLIENT_ID` in `compose.yaml`",
    },
  },
  // end part: container
  // part: doctor
  doctor: {
    about: "npm run doctor, and its data about providers",
    traces: ["doctor"],
    files: [
      "dev/doctor",
      "docs/doctor.md", // part: docs
      "e2e/doctor.spec.ts",
    ],
    scripts: ["doctor"],
  },
  // end part: doctor
  // part: bench
  bench: {
    about: "npm run bench",
    traces: ["bench/"],
    files: [
      "bench",
      "docs/performance.md", // part: docs
    ],
    scripts: ["bench"],
  },
  // end part: bench
  // part: registry
  registry: {
    about: "the login as registry items in public/r, which others can add to their apps with shadcn",
    traces: ["shadcn"],
    files: [
      "dev/testing/run/starters.ts",
      "docs/add-to-your-app.md", // part: docs
      "public/r",
      "scripts/registry",
      "scripts/registry.{ts,test.ts}",
    ],
    scripts: ["registry", "test:starters"],
  },
  // end part: registry
  // part: docs
  docs: {
    about: "the documentation of this project: docs/, rules for contributors, decision records",
    files: [
      "docs/*.md",
      "docs/decisions",
      "AGENTS.md",
      "CONTRIBUTING.md",
      "SECURITY.md",
      "dev/doctor/presets/{hosted-providers,preset-advice,presets,provider-guide}.test.ts", // part: doctor
      "dev/doctor/report/{console-words,documentation}.test.ts", // part: doctor
      "dev/testing/repository/{docs,readme,words}.test.ts",
    ],
    words: { "README.md": " [Example](docs/your-own-pages.md#a-setting-of-your-own)" },
  },
  // end part: docs
};

/** The parts with these names, and every part that needs one of them. */
export function withDependents(names: readonly string[]): string[] {
  const dependents = Object.keys(PARTS).filter((name) => names.includes(PARTS[name]?.needs ?? ""));
  return [...new Set([...names, ...dependents])];
}

/** The paths of the files of these parts, with slashes on Windows too. */
export function filesOf(parts: readonly string[]): string[] {
  const patterns = parts.flatMap((name) => PARTS[name]?.files ?? []);
  const found = globSync(patterns.flatMap((pattern) => [pattern, `${pattern}/**`]));
  return found.map((file) => file.replaceAll("\\", "/"));
}

// part: registry
/** Tags lines that are only for this whole app. Registry items leave these lines out. Used like the name of a part. */
export const WHOLE_APP = "whole-app";

/**
 * The registry items, and their parts in addition to the core. Each item has all parts of the item before it.
 * The first item contains all of its files. Each other item contains only the files that differ from the first item's.
 */
export const ITEMS: Readonly<Record<string, readonly string[]>> = {
  auth: ["fapi"],
  "auth-store": ["fapi", "store", "remote-logout"], // part: store
  broker: ["fapi", "store", "remote-logout", "broker"], // part: broker
};
// end part: registry
