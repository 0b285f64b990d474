/** Replaces a driver that a deployment does not have (next.config.ts). Importing it fails, as if it were missing. */
throw new Error("This driver is not part of the deployment.");

export {};
