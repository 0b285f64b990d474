/** The purpose and the specification of each authentication request parameter. Core means OpenID Connect Core 1.0. */
export const PARAMETER_MEANINGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    response_type: "Asks for a code, which is useless without the PKCE verifier (Core 3.1.2.1)",
    client_id: "The app that sends the request (RFC 6749, 2.2)",
    redirect_uri: "Where the provider sends the answer. The address must be registered (RFC 6749, 3.1.2)",
    scope: "The requested scopes. openid makes the request a login (Core 3.1.2.1)",
    state: "Ties the answer to this browser (RFC 6749, 10.12)",
    nonce: "Ties the ID token to this login (Core 3.1.2.1)",
    code_challenge:
      "The hash of the PKCE verifier, a secret that the app sends only with the code (RFC 7636, 4.2)",
    code_challenge_method: "The hash function of code_challenge (RFC 7636, 4.3)",
    response_mode: "How the answer comes back (OAuth 2.0 Multiple Response Types, 2.1)",
    prompt: "Which page the provider must show, or that it must show none (Core 3.1.2.1)",
    max_age: "The maximum age of the last authentication, in seconds (Core 3.1.2.1)",
    acr_values: "How strong the login should be (Core 3.1.2.1)",
    login_hint: "Who will probably log in (Core 3.1.2.1)",
    ui_locales: "The languages that the person prefers (Core 3.1.2.1)",
    audience: "The API that the access token is for (Auth0's parameter)",
    resource: "The API that the access token is for (RFC 8707, 2)",
    screen_hint: "Asks for the sign-up page (Auth0's parameter)",
  }),
);
