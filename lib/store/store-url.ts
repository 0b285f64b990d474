type StoreKind = "sqlite" | "redis" | "postgres" | "mysql" | "mongodb";

export interface StoreAddress {
  readonly kind: StoreKind;
  /** What the driver opens: the URL or, for SQLite, the path. */
  readonly target: string;
  /** What logs may contain: the kind, host and port or, for SQLite, the path. */
  readonly place: string;
  /** The user name, the password, and the names and values in the query, encoded and decoded. Messages omit them. */
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
 * Matches a URL without its scheme (RFC 3986, 3), with "@" only after the user name and password. Otherwise, the end of
 * a password with an unencoded "@" could be mistaken for the host, which messages contain.
 */
const SERVER_URL = /^(?:([^/?#@]*)@)?([^/?#@]*)(\/[^?#@]*)?(?:\?([^#@]*))?$/;
const HOST = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/;

/**
 * Parses `SESSION_STORE_URL`.
 *
 * @returns the address, or a `problem` that completes a sentence beginning with the setting's name. The problem quotes
 *   only the scheme of the value.
 */
export function parseStoreUrl(value: string): StoreAddress | { readonly problem: string } {
  if (/^sqlite:/i.test(value)) return parseSqlite(value.slice("sqlite:".length));
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]{0,19}):\/\/([\s\S]*)$/i.exec(value) ?? [];
  if (scheme === undefined || rest === undefined) {
    return problem("is not the URL of a store", ...Object.values(EXAMPLES));
  }
  const kind = KINDS[scheme.toLowerCase()];
  if (!kind) return problem(`has the scheme ${scheme}, which no store uses`, ...Object.values(EXAMPLES));
  const [, userInfo = "", hosts, path = "", query = ""] = SERVER_URL.exec(rest) ?? [];
  if (hosts === undefined || !isDecodable(rest)) {
    return problem("has a character that must be percent-encoded (@ is %40, / is %2F, # is %23, % is %25)");
  }
  const parameters = new URLSearchParams(query);
  // The directory of a Unix socket is in the parameter `host`, as in libpq.
  const socket = kind === "postgres" && hosts === "" ? parameters.get("host") : null;
  if (!hosts && !socket) return problem("contains no host", EXAMPLES[kind]);
  const list = hosts.split(",");
  const isValid = socket || list.every((host) => HOST.test(host));
  if (!isValid) return problem("contains no valid host", EXAMPLES[kind]);
  if (list.length > 1 && kind !== "mongodb") return problem("contains several hosts", EXAMPLES[kind]);
  if (kind === "mysql" && path.length < 2) return problem("contains no database name", EXAMPLES.mysql);
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
  if (path.trim() === "" || path.endsWith("/")) return problem("contains no file name", EXAMPLES.sqlite);
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
