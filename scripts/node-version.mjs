/**
 * Whether the Node.js that runs this is older than a release. For files that say so themselves: it must be readable
 * by any Node.js.
 *
 * @param {number} major
 * @param {number} minor
 * @returns {boolean}
 */
export function isNodeOlderThan(major, minor) {
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split(".").map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}
