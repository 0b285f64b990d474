import path from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters, styleText } from "node:util";
import { endGroup, spawnNode } from "../node-child.ts";

/** Matches lines of Next.js that the terminal does not show. The banner replaces most of them. */
const CHATTER = [
  /^\s*$/,
  /^\s*▲ Next\.js/,
  /^\s*- (Local|Network|Environments|Experiments)\b/,
  /^\s*[✓·⨯] [a-z]+[A-Z]\w*$/, // the experiments of next.config.ts
  /^\s*✓ (Starting|Ready in|Running next\.config)/,
  /^\s*[○✓] Compil(ing|ed) (\/|middleware|instrumentation) /,
  // start.ts sends these requests until the app answers.
  /^\s*HEAD \/ \d+ in /,
  // Next.js 16 recommends renaming middleware.ts to proxy.ts.
  /^\s*⚠ The "middleware" file convention is deprecated/,
  /^\s*To migrate automatically, run:/,
  /middleware-to-proxy/,
];

const LEVEL_STYLES = { debug: "gray", info: "blue", warn: "yellow", error: "red", fatal: "red" } as const;

/** Matches secret parameters of URLs, because Next.js prints the URL of each request. */
const PROVIDER_VALUES = /([?&](?:code|state|id_token_hint)=)[^&\s]+/g;

export type Child = ReturnType<typeof runChild>;

/**
 * Runs a script in a child process of Node.js, and prints its output as {@link presentLine} formats it.
 * @returns `exit` resolves to the exit code, or to 1 after a signal; `stop` ends the script and all its processes
 */
export function runChild(args: readonly string[], { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }) {
  const colours = process.stdout.isTTY && !env.NO_COLOR;
  const child = spawnNode(args, { cwd, env: { ...env, ...(colours && { FORCE_COLOR: "1" }) } });
  let stopping = false;
  const show = (input: NodeJS.ReadableStream | null, print: (line: string) => void) => {
    if (!input) return;
    createInterface({ input }).on("line", (line) => {
      const shown = stopping ? undefined : presentLine(line);
      if (shown !== undefined) print(shown);
    });
  };
  show(child.stdout, console.log);
  show(child.stderr, console.error);
  const exit = new Promise<number>((resolve) => {
    child.once("error", () => resolve(1));
    child.once("close", (code) => resolve(code ?? 1));
    // Waits for the rest of the output, but not forever: a process that the child started may keep the output open.
    child.once("exit", (code, signal) => {
      if (signal && !stopping) console.error(`${path.basename(args[0] ?? "")} was ended by ${signal}.`);
      setTimeout(resolve, 500, code ?? 1);
    });
  });
  return {
    exit,
    stop: async () => {
      stopping = true;
      // After SIGTERM, `next dev` would end, but its process for telemetry would keep running.
      await endGroup(child, "SIGKILL");
      await exit;
    },
  };
}

/**
 * Formats a line of the app's output for the terminal. Log entries (one line of JSON each) become readable text.
 * Other lines stay unchanged, except that secret parameters of URLs are hidden.
 * @returns undefined for a line that is not shown
 */
export function presentLine(line: string): string | undefined {
  const text = stripVTControlCharacters(line);
  if (CHATTER.some((pattern) => pattern.test(text))) return undefined;
  try {
    if (text.startsWith('{"level":')) return presentEntry(JSON.parse(text));
  } catch {} // not JSON
  return line.replace(PROVIDER_VALUES, "$1…");
}

function presentEntry({ level, time, msg, ...fields }: Record<string, unknown>): string {
  const label = String(level);
  const style = label in LEVEL_STYLES ? LEVEL_STYLES[label as keyof typeof LEVEL_STYLES] : "reset";
  const clock = new Date(String(time)).toTimeString().slice(0, 8);
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${presentValue(value)}`);
  return [
    styleText("gray", clock),
    styleText(style, label.toUpperCase().padEnd(5)),
    msg === undefined ? "" : String(msg),
    styleText("gray", pairs.join(" ")),
  ].join(" ");
}

function presentValue(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return /\s|^$/.test(text) ? JSON.stringify(text) : text;
}
