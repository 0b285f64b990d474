import { requireUser } from "@/lib/auth/current-user";

/** The embedded provider states no `acr`, whatever is asked for. */
export default async function VaultPage() {
  await requireUser("/profile/vault", { acr: ["gold"] });
  return <h1>Vault</h1>;
}
