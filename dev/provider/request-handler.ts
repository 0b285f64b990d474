import type { RequestListener } from "node:http";
import { Provider } from "oidc-provider";
import { createConfiguration } from "./configuration.ts";
import { files } from "./files.ts";
import type { Foundation } from "./foundation.ts";
import { interactions } from "./interactions.ts";
import { skipLogoutConfirmation } from "./log-out.ts";
import { countRequests, type RequestCounts } from "./request-counts.ts";
import { acceptApiTokens } from "./userinfo.ts";

/** Creates a handler for HTTP requests: oidc-provider, with this project's pages and extensions. */
export function createRequestHandler(foundation: Foundation, counts: RequestCounts): RequestListener {
  const provider = new Provider(foundation.issuer, createConfiguration(foundation));
  provider.on("server_error", (_ctx, error) => console.error("Embedded provider:", error));
  provider.use(countRequests(counts));
  provider.use(files(foundation.people));
  provider.use(interactions(provider, foundation));
  provider.use(acceptApiTokens(foundation));
  provider.use(skipLogoutConfirmation(provider));
  const handle = provider.callback();
  const { host } = new URL(foundation.issuer);
  return (request, response) => {
    // oidc-provider builds URLs from the Host header. The discovery document must always name the issuer's host.
    request.headers.host = host;
    void handle(request, response);
  };
}
