/** A piece of the app that `npm run eject` removes. */
export interface Part {
  readonly about: string;
  /** Another part that this one cannot do without: it is removed with it. */
  readonly needs?: string;
  /** Files and folders, as glob patterns. */
  readonly files: readonly string[];
  /** Scripts of package.json. */
  readonly scripts?: readonly string[];
  /** Dependencies of either kind. */
  readonly dependencies?: readonly string[];
}

/**
 * The parts. Lines of other files that attach a part end in a comment that says `part: NAME`, or lie between two comments
 * that say `part: NAME` and `end part: NAME`; they are removed with it.
 */
export const PARTS: Readonly<Record<string, Part>> = {};
