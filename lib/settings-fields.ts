import { z } from "zod";

/** Matches the parameters of an authentication request that settings must not set, because the app controls them. */
const OWN_PARAMETERS =
  /^(client_id|redirect_uri|response_(type|mode)|scope|state|nonce|code_challenge(_method)?|request(_uri)?)$/;

export const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Accepts a text, unless `check` finds a problem. The error message quotes the value and gives the example. */
export function text(example: string, check?: (value: string, wrong: (problem: string) => void) => void) {
  return z.string({ error: `is missing. Example: ${example}` }).superRefine((value, context) => {
    const found = `is "${excerpt(value)}"`;
    check?.(value, (problem) => context.addIssue(`${found}, but ${problem}. Example: ${example}`));
  });
}

export function oneOf<const Words extends readonly string[]>(...words: Words) {
  const choice = () => new Intl.ListFormat("en-GB", { type: "disjunction" }).format(words); // slow, so only for errors
  return z.enum(words, { error: ({ input }) => `is "${excerpt(input)}", but must be ${choice()}` });
}

// part: backend-proxy
/** A list of some of these words, separated by commas or spaces. Default: all of the words. */
export function someOf(...words: readonly string[]) {
  const all = words.join(",");
  const list = text(all, (value, wrong) => {
    const unknown = value.split(/[\s,]+/).filter((word) => word && !words.includes(word));
    if (unknown.length > 0) wrong(`may contain only ${words.join(", ")}`);
  });
  return list.transform((value) => value.split(/[\s,]+/).filter(Boolean)).prefault(all);
}
// end part: backend-proxy

export function flag() {
  const words = oneOf("true", "false");
  return words.transform((word) => word === "true").default(false);
}

/** A whole number of seconds, from 1 to `most`. */
export function seconds(fallback: number, most = 9_999_999_999) {
  const number = text(String(fallback), (value, wrong) => {
    if (!/^[1-9]\d{0,9}$/.test(value)) wrong("must be a whole number of seconds");
    else if (Number(value) > most) wrong(`must be at most ${most}`);
  });
  return number.transform(Number).default(fallback);
}

export function scopes(fallback: string) {
  const list = text("openid profile email", (value, wrong) => {
    if (value.includes(",")) wrong("scopes are separated by spaces, not commas");
    else if (!value.split(/\s+/).includes("openid")) wrong('must contain "openid"');
  });
  return list.default(fallback);
}

export function secrets() {
  const hint = "Make one with: openssl rand -base64 32";
  return z.string({ error: `is missing. ${hint}` }).transform((value, context) => {
    const list = value.split(",").map((secret) => secret.trim());
    for (const [index, { length }] of list.entries()) {
      if (length >= 32) continue;
      const which = list.length === 1 ? "has" : `has a secret (number ${index + 1}) of`;
      context.addIssue(`${which} ${length} characters, but needs at least 32. ${hint}`);
    }
    return list;
  });
}

/** Parameters of the authentication request, written as a query string. "none" means no parameters. */
export function requestParameters(fallback: string) {
  const query = z.string().transform((value, context) => {
    const parameters = [...new URLSearchParams(value === "none" ? "" : value)];
    for (const [name, content] of parameters) {
      const isTime = name !== "max_age" || /^\d{1,9}$/.test(content);
      if (OWN_PARAMETERS.test(name)) context.addIssue(`sets "${name}", which only the app may set`);
      if (!isTime) context.addIssue(`has the max_age "${excerpt(content)}", but needs a number of seconds`);
      if (!content) context.addIssue(`is "${excerpt(value)}", but must be name=value&name=value`);
    }
    return Object.fromEntries(parameters);
  });
  return query.prefault(fallback);
}

/** Accepts a text that `parse` can read. A `problem` must not contain a secret, because the app prints it. */
export function parsed<T extends object>(parse: (value: string) => T | { readonly problem: string }) {
  return z.string().transform((value, context) => {
    const outcome = parse(value);
    if (!("problem" in outcome)) return outcome;
    context.addIssue(outcome.problem);
    return z.NEVER;
  });
}

export function orNull<Field extends z.ZodType>(form: Field) {
  return form.nullable().default(null);
}

type Rule = readonly [isMet: (url: URL, given: string) => boolean, problem: string];
export const web: Rule = [(url) => /^https?:$/.test(url.protocol), "must begin with https:// or http://"];
export const secure: Rule = [
  (url) => url.protocol === "https:" || isLoopbackHttp(url),
  "must be https (http is allowed only on a loopback address)",
];
export const noQuery: Rule = [(url) => !url.search, "must not have a query"];
/** Searches the text for `#`, because `URL.hash` is also empty for a URL that ends in `#`. */
export const noFragment: Rule = [(_, given) => !given.includes("#"), "must not have a fragment"];
const noUser: Rule = [(url) => !url.username && !url.password, "must not have a user name or password"];
const noPath: Rule = [(url) => url.href === `${url.origin}/`, "must be an origin, without a path or a query"];

/** An absolute URL. It is not normalised, because providers compare URLs character by character. */
export function url(example: string, ...rules: readonly Rule[]) {
  return text(example, (value, wrong) => {
    const address = URL.parse(value);
    if (!address) return wrong("must be an absolute URL");
    const broken = [noUser, ...rules].find(([isMet]) => !isMet(address, value));
    if (broken) wrong(broken[1]);
  });
}

// part: broker
/** A list of URLs, separated by commas or spaces. */
export function urls(example: string, ...rules: readonly Rule[]) {
  const one = url(example, ...rules);
  const list = z.string().transform((value, context) => {
    const given = value.split(/[\s,]+/).filter(Boolean);
    const issues = given.flatMap((each) => one.safeParse(each).error?.issues ?? []);
    for (const { message } of issues) context.addIssue(message);
    return given;
  });
  return list.default([]);
}

/** A list of ports: numbers and ranges, separated by commas. */
export function ports(fallback: string) {
  const list = z.string().transform((value, context) => {
    const ranges = value.split(",").map((range) => range.trim().split("-"));
    const lists = ranges.map(([first = "", last = first, ...rest]) => {
      const isRange = [first, last].every((port) => /^[1-9]\d{0,4}$/.test(port)) && rest.length === 0;
      const count = Number(last) - Number(first) + 1;
      if (!isRange || count < 1 || count > 1_000 || Number(last) > 65_535) return [];
      return Array.from({ length: count }, (_, index) => Number(first) + index);
    });
    if (lists.some((list) => list.length === 0))
      context.addIssue(`is "${excerpt(value)}", but must list ports. Example: ${fallback}`);
    return [...new Set(lists.flat())];
  });
  return list.prefault(fallback);
}
// end part: broker

// part: previews
/** Patterns of origins, separated by commas or spaces. `*` stands for letters, digits and hyphens, but not for dots. */
export function originPatterns(example: string) {
  const list = z.string().transform((value, context) => {
    const given = value.split(/[\s,]+/).filter(Boolean);
    for (const pattern of given) {
      const filled = pattern.replaceAll("*", "x");
      const url = URL.parse(filled);
      const problem =
        url?.origin !== filled || !secure[0](url, filled)
          ? "must be an https origin in lower case (http only on a loopback address), without a path"
          : /\*[^.]*(\.[^.]*)?$|\/\*+\.[^.]*\.[^.]*$/.test(pattern) &&
            "would also match other people's sites. Put a part of your own host name next to the *";
      if (problem) context.addIssue(`contains "${excerpt(pattern)}", which ${problem}. Example: ${example}`);
    }
    return given.map((pattern) => {
      const parts = pattern.split("*").map((part) => part.replace(/[.[\]]/g, "\\$&"));
      return new RegExp(`^${parts.join("[a-z\\d-]+")}$`);
    });
  });
  return list.default([]);
}
// end part: previews

export function origin(example: string) {
  return url(example, web, noPath).transform((value) => new URL(value).origin);
}

/** Removes the discovery document's path (Discovery 4, RFC 8414): some people set the document's URL as the issuer. */
export function withoutDiscoveryPath(given: string): string {
  return given.replace(/\/\.well-known\/(openid-configuration|oauth-authorization-server)\/?$/, "");
}

/** Whether a URL is http on this machine. On the network, http is not safe. */
export function isLoopbackHttp({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && LOOPBACK.test(hostname);
}

/** The beginning of a setting's value, for a message, without the credentials that a URL may contain. */
function excerpt(value: unknown): string {
  return String(value)
    .replace(/^[\s\S]*@/, "***@")
    .slice(0, 100);
}
