/** The token broker. Programs log in through the app, and call the app's API with tokens that the app issues. */
export { type Caller, optionalToken, requireToken, type TokenRule } from "./guards.ts";
export { endOneProgram, endPrograms, listPrograms, type ProgramSummary } from "./programs.ts";
export { brokerRoute } from "./routes.ts";
