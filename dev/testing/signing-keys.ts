import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";

/** What a provider of the tests signs with, and what it publishes of that: not always the same. */
export class SigningKeys {
  #kid = "";
  #alg = "";
  #privateKey!: CryptoKey;
  #published: JWK[] = [];

  /** The algorithm that is signed with now. */
  get alg(): string {
    return this.#alg;
  }

  /** The public keys that are published. */
  get published(): readonly JWK[] {
    return this.#published;
  }

  /** Signs with a new key from now on and publishes it alone. */
  async rotate(kid: string, alg = "ES256"): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    this.#kid = kid;
    this.#alg = alg;
    this.#privateKey = privateKey;
    this.#published = [{ ...(await exportJWK(publicKey)), kid, alg }];
  }

  /** Signs with a new key that takes the name of the published one. */
  async rotateUnpublished(): Promise<void> {
    const published = this.#published;
    await this.rotate(this.#kid, this.#alg);
    this.#published = published;
  }

  /** A JWT signed with the key of the moment. */
  sign(claims: Record<string, unknown>, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: this.#alg, kid: this.#kid, ...header })
      .sign(this.#privateKey);
  }
}

/** The same without what is undefined. */
export function withoutUndefined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
