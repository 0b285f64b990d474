import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * A test's hook that may take a request before the service sees it, to answer 503 or garbage, or to wait first.
 *
 * @returns true when the hook has dealt with the request, or wants it to hang; false lets the service answer
 */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/**
 * Puts a hook in front of a service's handler; `hook` gives the one of the moment. What either of them throws is
 * printed, and the connection cut.
 */
export function withIntercept(handler: Handler, hook: () => Intercept | undefined): Handler {
  return async (request, response) => {
    try {
      if (!(await hook()?.(request, response))) await handler(request, response);
    } catch (error) {
      console.error(error);
      response.destroy();
    }
  };
}
