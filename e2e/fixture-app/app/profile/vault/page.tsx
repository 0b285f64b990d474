import { requireUser } from "@/lib/auth/current-user";

/** Nobody can open this page, because the embedded provider never puts this `acr` into an ID token. */
export default async function VaultPage() {
  await requireUser("/profile/vault", { acr: ["gold"] });
  return <h1>Vault</h1>;
}
