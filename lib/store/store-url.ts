/** The back ends; each has schemes of its own in `SESSION_STORE_URL`. */
export type StoreKind = "sqlite" | "redis" | "postgres" | "mysql" | "mongodb";

/** Where a store is, as its driver wants it and as a log may have it. */
export interface StoreAddress {
  readonly kind: StoreKind;
  /** What the driver is given: the URL, or SQLite's path. */
  readonly target: string;
  /** Kind, host and port, or SQLite's path: fit for a log. */
  readonly place: string;
  /** User name, password and the query's values, encoded and decoded: what must stand in no message. */
  readonly secrets: readonly string[];
}

const KINDS: Readonly<Record<string, Exclude<StoreKind, "sqlite">>> = {
  redis: "redis",
  rediss: "redis",
  postgres: "postgres",
  postgresql: "postgres",
  mysql: "mysql",
  mariadb: "mysql",
  mongodb: "mongodb",
  "mongodb+srv": "mongodb",
};

const PORTS = { redis: 6379, postgres: 5432, mysql: 3306, mongodb: 27017 };

const EXAMPLES = {
  sqlite: "sqlite:data/sessions.db",
  redis: "redis://cache.example.com:6379",
  postgres: "postgres://user:password@db.example.com/hello",
  mysql: "mysql://user:password@db.example.com/hello",
  mongodb: "mongodb://user:password@db.example.com/hello",
};

/**
 * RFC 3986, 3, stricter: an "@" separates the user information and stands nowhere else. What follows the last one is
 * then no part of a password, however the URL was put together, and may be told.
 */
const SERVER_URL = /^(?:([^/?#@]*)@)?([^/?#@]*)(\/[^?#@]*)?(?:\?([^#@]*))?$/;
const HOST = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/;

/**
 * Reads `SESSION_STORE_URL`.
 *
 * @returns where the store is; or, as `problem`, what is wrong with the value, to be read after the setting's name:
 *   it says nothing of the value but its scheme
 */
export function parseStoreUrl(value: string): StoreAddress | { readonly problem: string } {
  if (/^sqlite:/i.test(value)) return parseSqlite(value.slice("sqlite:".length));
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]{0,19}):\/\/(.*)$/is.exec(value) ?? [];
  if (scheme === undefined || rest === undefined) {
    return problem("is no URL of a store", ...Object.values(EXAMPLES));
  }
  const kind = KINDS[scheme.toLowerCase()];
  if (!kind) return problem(`has the scheme ${scheme}, which is no store's`, ...Object.values(EXAMPLES));
  const [, userInfo = "", hosts, path = "", query = ""] = SERVER_URL.exec(rest) ?? [];
  if (hosts === undefined || !isDecodable(rest)) {
    return problem("has a character that must be percent-encoded (@ is %40, / is %2F, # is %23, % is %25)");
  }
  const parameters = new URLSearchParams(query);
  // The socket's directory, as libpq has it.
  const socket = kind === "postgres" && hosts === "" ? parameters.get("host") : null;
  if (!hosts && !socket) return problem("names no host", EXAMPLES[kind]);
  const list = hosts.split(",");
  if (!socket && !list.every((host) => HOST.test(host)))
    return problem("names no valid host", EXAMPLES[kind]);
  if (list.length > 1 && kind !== "mongodb") return problem("names several hosts", EXAMPLES[kind]);
  if (kind === "mysql" && path.length < 2) return problem("names no database", EXAMPLES.mysql);
  const port = scheme.toLowerCase() === "mongodb+srv" ? undefined : PORTS[kind];
  return {
    kind,
    target: `${scheme.toLowerCase()}://${rest}`,
    place: `${kind} at ${socket ?? list.map((host) => withPort(host, port)).join(",")}`,
    secrets: secretsOf(userInfo.split(":"), [...parameters.values(), ...query.split(/[&=]/)]),
  };
}

function parseSqlite(path: string): StoreAddress | { readonly problem: string } {
  if (/^\/\/[^/]/.test(path)) {
    return problem(
      "has two slashes before its path",
      "sqlite:data/sessions.db",
      "sqlite:/var/lib/hello/sessions.db",
    );
  }
  if (path.trim() === "" || path.endsWith("/")) return problem("names no file", EXAMPLES.sqlite);
  return { kind: "sqlite", target: path, place: `sqlite at ${path}`, secrets: [] };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function withPort(host: string, port: number | undefined): string {
  return port === undefined || HOST.exec(host)?.[2] ? host : `${host}:${port}`;
}

function secretsOf(userInfo: readonly string[], query: readonly string[]): string[] {
  const all = [userInfo.join(":"), ...userInfo, ...query];
  return [...new Set(all.flatMap((text) => [text, decodeURIComponent(text)]))].filter(Boolean);
}

function problem(what: string, ...examples: string[]): { readonly problem: string } {
  return { problem: examples.length === 0 ? what : `${what}. Example: ${examples.join(" or ")}` };
}
