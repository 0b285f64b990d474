import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { parseArgs, parseEnv } from "node:util";

/** What a container of the image would run, in a folder that stands in for its root. */
export interface Image {
  /** Its files: `/app` of the image is `app` in it. */
  readonly root: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
}

type Stage = { -readonly [Key in keyof Image]: Image[Key] } & {
  args: Record<string, string>;
  workdir: string;
};

/**
 * Builds what a Dockerfile describes without a container engine: runs its steps one after the other, each stage in a folder
 * of its own. The base image is this machine, and USER only noted.
 *
 * @param context the folder of the Dockerfile; `.dockerignore` is respected
 * @param target an empty folder for the stages
 * @returns the last stage
 * @throws Error for an instruction that it does not know, or a step that fails
 */
export function buildImage(context: string, target: string, args: Readonly<Record<string, string>>): Image {
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const line of instructionsOf(readFileSync(path.join(context, "Dockerfile"), "utf8"))) {
    const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/s.exec(line) ?? [];
    if (name === "FROM") {
      const [, , alias = String(stages.size)] = rest.split(/\s+/);
      stage = newStage(path.join(target, alias));
      stages.set(alias, stage);
    } else if (stage) {
      console.log(`${name} ${rest}`);
      apply(stage, name, rest, { context, stages, args });
    }
  }
  if (!stage) throw new Error("The Dockerfile has no stage.");
  return stage;
}

interface Build {
  readonly context: string;
  readonly stages: ReadonlyMap<string, Stage>;
  readonly args: Readonly<Record<string, string>>;
}

function newStage(root: string): Stage {
  mkdirSync(root, { recursive: true });
  return { root, folder: root, workdir: "/", env: {}, args: {}, user: "root", command: [], healthCheck: [] };
}

function apply(stage: Stage, name: string, rest: string, build: Build): void {
  switch (name) {
    case "WORKDIR":
      stage.workdir = path.posix.resolve(stage.workdir, rest);
      stage.folder = path.join(stage.root, stage.workdir);
      mkdirSync(stage.folder, { recursive: true });
      return;
    case "ENV":
      stage.env = { ...stage.env, ...pairs(rest) };
      return;
    case "ARG":
      stage.args = { ...stage.args, ...pairs(rest), ...build.args };
      return;
    case "COPY":
      copy(stage, rest, build);
      return;
    case "RUN":
      execFileSync("sh", ["-c", rest], {
        cwd: stage.folder,
        env: Object.assign(machine(), { npm_config_prefer_offline: "true" }, stage.args, stage.env),
        stdio: ["ignore", "inherit", "inherit"],
      });
      return;
    case "USER":
      stage.user = rest;
      return;
    case "CMD":
      stage.command = JSON.parse(rest);
      return;
    case "HEALTHCHECK":
      stage.healthCheck = JSON.parse(rest.replace(/^.*?\bCMD\s/s, ""));
      return;
    case "EXPOSE":
      return;
    default:
      throw new Error(`The Dockerfile has an instruction that this test does not know: ${name}`);
  }
}

function copy({ root, workdir }: Stage, rest: string, { context, stages }: Build): void {
  const { values, positionals } = parseArgs({
    args: rest.split(/\s+/),
    allowPositionals: true,
    options: { from: { type: "string" } },
  });
  const from = values.from === undefined ? context : stages.get(values.from)?.root;
  if (from === undefined) throw new Error(`There is no stage ${values.from}.`);
  const ignored = from === context ? ignoredIn(context) : () => false;
  const target = positionals.pop() ?? ".";
  for (const source of positionals) {
    const file = path.join(from, source);
    const isFolder = statSync(file).isDirectory();
    const place = path.posix.resolve(workdir, target, isFolder ? "." : path.basename(file));
    cpSync(file, path.join(root, place), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (name) => !ignored(path.relative(from, name)),
    });
  }
}

/** The rules of `.dockerignore`: every one of this project's excludes something. */
function ignoredIn(context: string): (file: string) => boolean {
  const rules = readFileSync(path.join(context, ".dockerignore"), "utf8")
    .split("\n")
    .filter((line) => line && !line.startsWith("#"))
    .map((line) => {
      const [, anywhere, name = ""] = /^(\*\*\/)?(.+)$/.exec(line) ?? [];
      const pattern = name.replace(/[.+()]/g, "\\$&").replaceAll("*", "[^/]*");
      return new RegExp(`^${anywhere ? "(.*/)?" : ""}${pattern}(/|$)`);
    });
  return (file) => rules.some((rule) => rule.test(file.replaceAll("\\", "/")));
}

/** Its instructions, each in one line, without comments. */
function instructionsOf(text: string): string[] {
  const lines = text.split("\n").filter((line) => !line.trimStart().startsWith("#"));
  return lines
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter(Boolean);
}

/** `A=1 B="two words"`. */
function pairs(text: string): Record<string, string> {
  return parseEnv(text.replaceAll(/\s+(?=\w+=)/g, "\n")) as Record<string, string>;
}

/** What a container has of its base image: this Node.js first. Behind some proxies npm needs their certificate. */
export function machine(): NodeJS.ProcessEnv {
  const { PATH = "", HOME = "", NODE_EXTRA_CA_CERTS } = process.env;
  const commands = `${path.dirname(process.execPath)}${path.delimiter}${PATH}`;
  return Object.assign({} as NodeJS.ProcessEnv, {
    PATH: commands,
    HOME,
    ...(NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS }),
  });
}
