import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";

/** An image: its files in a folder, and what a container would do with them. */
export interface Image {
  /** The folder that stands for the image's `/`: the image's `/app` is `app` in this folder. */
  readonly root: string;
  folder: string;
  readonly env: NodeJS.Dict<string>;
  user: string;
  command: readonly string[];
  healthCheck: readonly string[];
}

/**
 * Builds an image from a Dockerfile without a container engine. Runs the instructions on this machine instead of in a
 * base image, each stage in its own folder. Records USER, but does not change the user.
 *
 * @param context the folder of the Dockerfile; `.dockerignore` is respected
 * @param target an empty folder for the stages
 * @param args the values of the build arguments
 * @returns the image of the last stage
 * @throws Error if an instruction is unknown or fails
 */
export function buildImage(context: string, target: string, args: Readonly<Record<string, string>>): Image {
  const ignored = linesOf(path.join(context, ".dockerignore"));
  let image = newStage(target);
  const instructions: Readonly<Record<string, (rest: string) => void>> = {
    FROM: (rest) => {
      image = newStage(path.join(target, rest.split(" ")[2] ?? "last"));
    },
    WORKDIR: (rest) => {
      image.folder = path.join(image.root, rest);
      mkdirSync(image.folder, { recursive: true });
    },
    ARG: () => {}, // `args` has the values
    ENV: (rest) => Object.assign(image.env, parseEnv(rest.replaceAll(/\s+(?=\w+=)/g, "\n"))),
    COPY: (rest) => {
      const words = rest.split(" ");
      const [, stage] = /^--from=(\w+)$/.exec(words[0] ?? "") ?? [];
      if (stage) copy(path.join(target, stage), words.slice(1), image.folder, []);
      else copy(context, words, image.folder, ignored);
    },
    RUN: (rest) =>
      execFileSync("sh", ["-c", rest], {
        cwd: image.folder,
        env: { ...machine(), npm_config_prefer_offline: "true", ...args, ...image.env },
        stdio: ["ignore", "inherit", "inherit"],
      }),
    USER: (rest) => Object.assign(image, { user: rest }),
    EXPOSE: () => {},
    HEALTHCHECK: (rest) => Object.assign(image, { healthCheck: JSON.parse(rest.replace(/^.*?\bCMD\s/, "")) }),
    CMD: (rest) => Object.assign(image, { command: JSON.parse(rest) }),
  };
  for (const line of linesOf(path.join(context, "Dockerfile"))) {
    console.log(line);
    const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    const run = instructions[name];
    if (!run) throw new Error(`This test does not know the Dockerfile's instruction ${name}.`);
    run(rest);
  }
  return image;
}

function newStage(root: string): Image {
  return { root, folder: root, env: {}, user: "root", command: [], healthCheck: [] };
}

/** Copies files, and the contents of folders. The last of the names is the target, relative to `folder`. */
function copy(from: string, names: readonly string[], folder: string, ignored: readonly string[]): void {
  const target = path.join(folder, names.at(-1) ?? "");
  for (const name of names.slice(0, -1)) {
    const source = path.join(from, name);
    cpSync(source, statSync(source).isDirectory() ? target : path.join(target, path.basename(name)), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => !ignored.some((rule) => path.matchesGlob(path.relative(from, file), rule)),
    });
  }
}

/** Returns a file's lines, except comments. If a line ends in a backslash, joins it with the next line. */
function linesOf(file: string): string[] {
  const text = readFileSync(file, "utf8").replaceAll(/^\s*#.*\n|\\\n\s*/gm, "");
  return text.split("\n").filter(Boolean);
}

/** Returns the environment of a base image: this Node.js is first in the PATH; a proxy's certificate is kept. */
export function machine(): NodeJS.ProcessEnv {
  const { PATH = "", HOME = "", NODE_EXTRA_CA_CERTS: certificate } = process.env;
  const commands = `${path.dirname(process.execPath)}${path.delimiter}${PATH}`;
  const own = { PATH: commands, HOME, ...(certificate && { NODE_EXTRA_CA_CERTS: certificate }) };
  return Object.assign({} as NodeJS.ProcessEnv, own);
}
