/** Replaces a driver that a deployment does not include (see next.config.ts). An import of this file always fails. */
throw new Error("This driver is not part of the deployment.");

export {};
