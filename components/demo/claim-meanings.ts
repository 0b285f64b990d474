/** Short meanings of claims (OpenID Connect Core, 2 and 5.1; RFC 7519; RFC 9068). `permissions` is Auth0's claim. */
export const CLAIM_MEANINGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    iss: "The provider that issued the token",
    sub: "Your id at the provider. Your name and address may change, but this id does not",
    aud: "The app or API that the token is for",
    azp: "The app that the token was issued to",
    client_id: "The app that the token was issued to",
    exp: "The token is not valid after this time",
    iat: "When the token was issued",
    nbf: "The token is not valid before this time",
    jti: "The id of this token",
    auth_time: "When you last proved who you are",
    nonce: "Ties the token to the login that this browser began",
    acr: "How strong the login was",
    amr: "How you proved who you are",
    at_hash: "Ties the ID token to the access token",
    sid: "The id of your session at the provider",
    scope: "What the app may do in your name",
    permissions: "What you may do at the API",
    roles: "Your roles",
    groups: "The groups that you belong to",
    name: "Your name",
    given_name: "Your first name",
    family_name: "Your last name",
    nickname: "What you like to be called",
    preferred_username: "Your user name. It may change",
    picture: "The address of your picture",
    email: "Your e-mail address",
    email_verified: "Whether the provider has checked that the address is yours",
    updated_at: "When your profile last changed",
    locale: "Your language",
    zoneinfo: "Your time zone",
  }),
);

/** Claims whose value is a time in Unix seconds. */
export const TIMES: ReadonlySet<string> = new Set(["exp", "iat", "nbf", "auth_time", "updated_at"]);
