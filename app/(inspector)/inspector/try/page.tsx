import type { Metadata } from "next";
import { PageHeader } from "@/components/demo/page-header";
import { Faults } from "@/components/inspector/faults";
import { OtherLogins } from "@/components/inspector/other-logins";
import { ButtonLink } from "@/components/ui/button";
import { getFaults } from "@/lib/auth/inspector/faults";
import { supportedTrials } from "@/lib/auth/inspector/trials";
import { getProviderMetadata, type ProviderMetadata } from "@/lib/auth/provider";

export const metadata: Metadata = { title: "Try and break logins" };

/** Shows links to logins with other parameters. With the embedded provider, also shows buttons that break a login. */
export default async function TryPage() {
  const provider: ProviderMetadata | null = await getProviderMetadata().catch(() => null);
  const faults = provider && (await getFaults(provider));
  return (
    <>
      <PageHeader eyebrow="Inspector" title="Try other logins, and break them">
        Each link and each button starts a real login. The inspector then shows what was different, or which
        check stopped the login.
      </PageHeader>
      {provider ? (
        <OtherLogins trials={supportedTrials(provider)} acr={provider.acr_values_supported} faults={faults} />
      ) : (
        <p>The provider's metadata cannot be read, so there is no login to try now.</p>
      )}
      {faults ? (
        <Faults {...faults} />
      ) : (
        <p className="mt-8">
          To break a login, run the app with its embedded provider: <code>npm run demo</code>. No other
          provider gives wrong answers on request.
        </p>
      )}
      <div className="actions mt-8">
        <ButtonLink href="/inspector" variant="secondary">
          Your last login
        </ButtonLink>
      </div>
    </>
  );
}
