/** Everything that the rest of the app uses to talk to the provider. Only this folder imports openid-client. */
export { authorizeDevice, type DeviceAuthorization, pollDevice } from "./device.ts"; // part: broker
export { createDpopKey, fetchWithProof } from "./dpop.ts"; // part: fapi
export * from "./errors.ts";
export { AnswerTooLongError, boundBody, isObject, MAX_ANSWER, providerTimeLimit } from "./fetch.ts";
export {
  getProviderKeys,
  getProviderMetadata,
  isProviderKnown, // part: container
  type ProviderMetadata,
  providerOrigins,
} from "./metadata.ts";
export { ensureProviderReachable } from "./reachable.ts";
export { type RefreshOutcome, requestRefresh } from "./refresh.ts";
export * from "./requests.ts";
export type { AccessToken, Claims, TokenSet } from "./tokens.ts";
export { CLOCK_TOLERANCE, decodeJwt, PROVIDER_ALGORITHMS, verifySignature } from "./tokens.ts";
