import util from "node:util"; // as a whole: a Node.js that is too old for parseArgs must be able to say so

/** A setting or an argument that a command cannot work with. The message is for the person who gave it. */
export class SettingError extends Error {
  name = "SettingError";
}

/**
 * Reads the one argument that the commands take: `--port N`, or `-p N`.
 *
 * @param {string} command the command, for the message
 * @param {readonly string[]} args its arguments
 * @returns {number | undefined} undefined where no port is given
 * @throws SettingError naming an argument that is not known, or a port that is not one
 */
export function readPortArgument(command, args) {
  const { tokens } = util.parseArgs({
    args: [...args],
    options: { port: { type: "string", short: "p" } },
    strict: false, // its own messages do not say what the command takes
    tokens: true,
  });
  let port;
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind !== "option" || token.name !== "port") {
      const unknown = token.kind === "option" ? token.rawName : token.value;
      throw new SettingError(
        `${command} does not know the argument "${unknown}". It takes a port, after two dashes: ${command} -- --port 4141.`,
      );
    }
    port = toPort(token.rawName, token.value ?? "");
  }
  return port;
}

/**
 * @param {string} name where the value comes from, for the message
 * @param {string} value
 * @returns {number}
 * @throws SettingError where the value is not a port
 */
export function toPort(name, value) {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new SettingError(`${name} is "${value}", but must be a port: a number from 1 to 65535.`);
}
