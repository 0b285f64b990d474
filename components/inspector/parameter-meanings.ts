/** What the parameters of an authentication request are for, and where they are specified. "Core" is OpenID Connect Core 1.0. */
export const PARAMETER_MEANINGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    response_type: "Asks for a code, which is useless without the verifier (Core 3.1.2.1)",
    client_id: "Which app asks (RFC 6749, 2.2)",
    redirect_uri: "Where the answer goes. The provider compares it with the registered one (RFC 6749, 3.1.2)",
    scope: "The requested scopes. openid makes the request a login (Core 3.1.2.1)",
    state: "Ties the answer to this browser (RFC 6749, 10.12)",
    nonce: "Ties the ID token to this login (Core 3.1.2.1)",
    code_challenge: "The hash of a secret that stays in the app: PKCE (RFC 7636, 4.2)",
    code_challenge_method: "Which hash (RFC 7636, 4.3)",
    response_mode: "How the answer comes back (OAuth 2.0 Multiple Response Types, 2.1)",
    prompt: "Which page the provider must show, or none (Core 3.1.2.1)",
    max_age: "The maximum age of the last authentication, in seconds (Core 3.1.2.1)",
    acr_values: "How strong the login should be (Core 3.1.2.1)",
    login_hint: "Who probably logs in (Core 3.1.2.1)",
    ui_locales: "Which languages the person reads (Core 3.1.2.1)",
    audience: "Which API the access token is for (Auth0's parameter)",
    resource: "Which API the access token is for (RFC 8707, 2)",
    screen_hint: "Asks for the sign-up page (Auth0's parameter)",
  }),
);
