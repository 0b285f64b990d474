import util from "node:util"; // `import { parseArgs }` would fail in an old Node.js before node-version.mjs explains why

/** An invalid setting or argument of a command. The message is for the person who runs the command. */
export class SettingError extends Error {
  name = "SettingError";
}

/**
 * Reads the only argument that the commands accept: `--port N`, or `-p N`.
 *
 * @param {string} command the command, for the message
 * @param {readonly string[]} args its arguments
 * @returns {number | undefined} undefined if no port is given
 * @throws SettingError for an unknown argument or an invalid port
 */
export function readPortArgument(command, args) {
  const { tokens } = util.parseArgs({
    args: [...args],
    options: { port: { type: "string", short: "p" } },
    strict: false, // the messages of parseArgs do not say which arguments the command accepts
    tokens: true,
  });
  let port;
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind !== "option" || token.name !== "port") {
      const unknown = token.kind === "option" ? token.rawName : token.value;
      throw new SettingError(
        `${command} does not know the argument "${unknown}". It accepts only a port, after two dashes: ${command} -- --port 4141.`,
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
 * @throws SettingError if the value is not a port
 */
export function toPort(name, value) {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new SettingError(`${name} is "${value}", but must be a port: a number from 1 to 65535.`);
}
