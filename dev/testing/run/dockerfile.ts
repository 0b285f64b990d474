import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";

/** An image: a folder with its files, and the commands that a container would run. */
export interface Image {
  /** The folder with the image's files: `/app` of the image is `app` in this folder. */
  readonly root: string;
  folder: string;
  args: NodeJS.Dict<string>;
  env: NodeJS.Dict<string>;
  user: string;
  command: readonly string[];
  healthCheck: readonly string[];
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
  const ignored = linesOf(path.join(context, ".dockerignore"));
  let image: Image | undefined;
  for (const line of linesOf(path.join(context, "Dockerfile"))) {
    console.log(line);
    const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    const words = rest.split(/\s+/);
    if (name === "FROM") {
      const root = path.join(target, words[2] ?? "last");
      image = { root, folder: root, args: {}, env: {}, user: "root", command: [], healthCheck: [] };
    } else if (image && name === "ARG") {
      image.args = { ...image.args, ...pairs(rest), ...args };
    } else if (image && name === "COPY") {
      const [, stage] = /^--from=(\w+)$/.exec(words[0] ?? "") ?? [];
      if (stage) copy(path.join(target, stage), words.slice(1), image.folder, []);
      else copy(context, words, image.folder, ignored);
    } else {
      const apply = INSTRUCTIONS[name];
      if (!image || !apply) throw new Error(`The Dockerfile has an unexpected instruction: ${name}`);
      apply(image, rest);
    }
  }
  if (!image) throw new Error("The Dockerfile has no stage.");
  return image;
}

const INSTRUCTIONS: Readonly<Record<string, (image: Image, rest: string) => void>> = {
  WORKDIR(image, rest) {
    image.folder = path.join(image.root, rest);
    mkdirSync(image.folder, { recursive: true });
  },
  ENV(image, rest) {
    image.env = { ...image.env, ...pairs(rest) };
  },
  RUN({ folder, args, env }, rest) {
    execFileSync("sh", ["-c", rest], {
      cwd: folder,
      env: { ...machine(), npm_config_prefer_offline: "true", ...args, ...env },
      stdio: ["ignore", "inherit", "inherit"],
    });
  },
  USER(image, rest) {
    image.user = rest;
  },
  CMD(image, rest) {
    image.command = JSON.parse(rest);
  },
  HEALTHCHECK(image, rest) {
    image.healthCheck = JSON.parse(rest.replace(/^.*?\bCMD\s/, ""));
  },
  EXPOSE() {},
};

/** Copies files, and the contents of folders. The last name is the target, relative to the image's folder. */
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

/** The lines of a file without comments. A line that ends in a backslash is joined with the next line. */
function linesOf(file: string): string[] {
  const text = readFileSync(file, "utf8").replaceAll(/^\s*#.*\n|\\\n\s*/gm, "");
  return text.split("\n").filter(Boolean);
}

/** Parses the pairs of an instruction, such as `A=1 B="two words"`. */
function pairs(text: string): NodeJS.Dict<string> {
  return parseEnv(text.replaceAll(/\s+(?=\w+=)/g, "\n"));
}

/** The environment of the base image. This Node.js is first in the PATH. npm may need the certificate of a proxy. */
export function machine(): NodeJS.ProcessEnv {
  const { PATH = "", HOME = "", NODE_EXTRA_CA_CERTS: certificate } = process.env;
  const commands = `${path.dirname(process.execPath)}${path.delimiter}${PATH}`;
  const own = { PATH: commands, HOME, ...(certificate && { NODE_EXTRA_CA_CERTS: certificate }) };
  return Object.assign({} as NodeJS.ProcessEnv, own);
}
