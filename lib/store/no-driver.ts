/** In place of a driver that a deployment does not have (next.config.ts): to load it fails, as if it were not installed. */
throw new Error("This driver is not part of the deployment.");

export {};
