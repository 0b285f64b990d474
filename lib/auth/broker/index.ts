/** The token broker as the rest of the app sees it: programs log in through the app, and call its API with its tokens. */
export { type Caller, optionalToken, requireToken, type TokenRule } from "./guards.ts";
export { endOneProgram, endPrograms, listPrograms, type ProgramSummary } from "./programs.ts";
export { brokerRoute } from "./routes.ts";
