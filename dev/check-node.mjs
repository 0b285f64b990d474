/** Preloaded by scripts that are written in TypeScript: says what is wrong where Node.js is too old to run those. */
import { isNodeOlderThan } from "../scripts/node-version.mjs";

if (isNodeOlderThan(22, 18)) {
  console.error(
    `This needs Node.js 22.18 or newer, but it runs on ${process.versions.node}. "npm install" brings a newer one for ` +
      'npm\'s scripts: if it has been run, see that npm did not skip the install script of the package "node".',
  );
  process.exit(1);
}
