import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { parseArgs, parseEnv } from "node:util";

/** An image: its files, in a folder instead of a container, and the commands that a container would run. */
export interface Image {
  /** The folder with the image's files: `/app` of the image is `app` in this folder. */
  readonly root: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
}

type Stage = { -readonly [Key in keyof Image]: Image[Key] } & { args: object; workdir: string };

interface Build {
  readonly context: string;
  readonly stages: ReadonlyMap<string, Stage>;
  readonly args: Readonly<Record<string, string>>;
}

/**
 * Builds an image from a Dockerfile without a container engine: runs the steps one after the other, each stage in its
 * own folder. This machine is used as the base image. USER is recorded, but has no effect.
 *
 * @param context the folder of the Dockerfile; `.dockerignore` is respected
 * @param target an empty folder for the stages
 * @returns the last stage
 * @throws Error for an unknown instruction, or a step that fails
 */
export function buildImage(context: string, target: string, args: Readonly<Record<string, string>>): Image {
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const line of linesOf(path.join(context, "Dockerfile"))) {
    const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (name === "FROM") {
      const [, , alias = String(stages.size)] = rest.split(/\s+/);
      const root = path.join(target, alias);
      stage = {
        root,
        folder: root,
        workdir: "/",
        env: {},
        args: {},
        user: "root",
        command: [],
        healthCheck: [],
      };
      mkdirSync(root, { recursive: true });
      stages.set(alias, stage);
    } else if (stage) {
      console.log(line);
      const apply = INSTRUCTIONS[name];
      if (!apply) throw new Error(`The Dockerfile has an instruction that this test does not know: ${name}`);
      apply(stage, rest, { context, stages, args });
    }
  }
  if (!stage) throw new Error("The Dockerfile has no stage.");
  return stage;
}

const INSTRUCTIONS: Readonly<Record<string, (stage: Stage, rest: string, build: Build) => void>> = {
  WORKDIR(stage, rest) {
    stage.workdir = path.posix.resolve(stage.workdir, rest);
    stage.folder = path.join(stage.root, stage.workdir);
    mkdirSync(stage.folder, { recursive: true });
  },
  ENV(stage, rest) {
    stage.env = { ...stage.env, ...pairs(rest) };
  },
  ARG(stage, rest, { args }) {
    stage.args = { ...stage.args, ...pairs(rest), ...args };
  },
  COPY: copy,
  RUN({ folder, args, env }, rest) {
    execFileSync("sh", ["-c", rest], {
      cwd: folder,
      env: Object.assign(machine(), { npm_config_prefer_offline: "true" }, args, env),
      stdio: ["ignore", "inherit", "inherit"],
    });
  },
  USER(stage, rest) {
    stage.user = rest;
  },
  CMD(stage, rest) {
    stage.command = JSON.parse(rest);
  },
  HEALTHCHECK(stage, rest) {
    stage.healthCheck = JSON.parse(rest.replace(/^.*?\bCMD\s/, ""));
  },
  EXPOSE() {},
};

function copy({ root, workdir }: Stage, rest: string, { context, stages }: Build): void {
  const { values, positionals } = parseArgs({
    args: rest.split(/\s+/),
    allowPositionals: true,
    options: { from: { type: "string" } },
  });
  const from = values.from === undefined ? context : stages.get(values.from)?.root;
  if (from === undefined) throw new Error(`There is no stage ${values.from}.`);
  const ignored = from === context ? linesOf(path.join(context, ".dockerignore")) : [];
  const target = positionals.pop() ?? ".";
  for (const source of positionals) {
    const file = path.join(from, source);
    const isFolder = statSync(file).isDirectory();
    const place = path.posix.resolve(workdir, target, isFolder ? "." : path.basename(file));
    cpSync(file, path.join(root, place), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (name) => !ignored.some((rule) => path.matchesGlob(path.relative(from, name), rule)),
    });
  }
}

/** The lines of a file without comments. A line that ends in a backslash continues in the next. */
function linesOf(file: string): string[] {
  const text = readFileSync(file, "utf8").replaceAll(/^\s*#.*\n/gm, "");
  return text
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter(Boolean);
}

/** Parses the pairs of an instruction, such as `A=1 B="two words"`. */
function pairs(text: string): Record<string, string> {
  return parseEnv(text.replaceAll(/\s+(?=\w+=)/g, "\n")) as Record<string, string>;
}

/** The environment of the base image: this Node.js is found first. Behind some proxies, npm needs their certificate. */
export function machine(): NodeJS.ProcessEnv {
  const { PATH = "", HOME = "", NODE_EXTRA_CA_CERTS: certificate } = process.env;
  const commands = `${path.dirname(process.execPath)}${path.delimiter}${PATH}`;
  const own = { PATH: commands, HOME, ...(certificate && { NODE_EXTRA_CA_CERTS: certificate }) };
  return Object.assign({} as NodeJS.ProcessEnv, own);
}
