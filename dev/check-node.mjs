/** Preloaded by scripts that are written in TypeScript: says what is wrong where Node.js is too old to run those. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `This needs Node.js 22.18 or newer, but it runs on ${process.versions.node}. "npm install" brings a newer one for ` +
      'npm\'s scripts: if it has been run, see that npm did not skip the install script of the package "node".',
  );
  process.exit(1);
}
