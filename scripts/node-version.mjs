/**
 * Exits with a message if Node.js is too old. `npm start` imports this file. npm scripts in TypeScript preload it: they
 * need a newer Node.js, which can run TypeScript. Even an old Node.js must be able to parse this file.
 */
const isProduction = /\.mjs$/.test(process.argv[1] || "");
const needed = isProduction ? 13 : 18;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < needed)) {
  console.error(
    isProduction
      ? `This needs Node.js 22.13 or newer, but it runs on ${process.versions.node}.`
      : `This needs Node.js 22.18 or newer, but it runs on ${process.versions.node}. "npm install" installs a newer ` +
          'version for npm\'s scripts. If you have run it, check that npm did not skip the install script of the package "node".',
  );
  process.exit(1);
}
