import type { Metadata } from "next";
import { cookies } from "next/headers";
import { LoginFailure } from "@/components/demo/login-failure"; // part: demo
import {
  cookieHints,
  failureHints,
  loginErrorText,
  UNMET_LOGIN_ERROR,
} from "@/components/site/login-error-texts";
import { ButtonLink } from "@/components/ui/button";
import { StatusPage } from "@/components/ui/status-page";
import { getUser } from "@/lib/auth/current-user";
import { readErrorReference } from "@/lib/auth/errors";
import { isLoginErrorReason } from "@/lib/auth/provider/index";
import { jarOf } from "@/lib/auth/session-cookie";
import { getSettings } from "@/lib/settings";

export const metadata: Metadata = { title: "Login failed" };

interface LoginErrorPageProps {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function LoginErrorPage({ searchParams }: LoginErrorPageProps) {
  const query = await searchParams;
  const reason = isLoginErrorReason(query.reason) ? query.reason : null;
  const failure = readErrorReference(jarOf(await cookies()));
  const text = loginErrorText(reason, failure);
  const reference = failure?.requestId ?? null;
  const user = await getUser();
  const hints = cookieHints({ reason, reference, user, appBaseUrl: getSettings().appBaseUrl });
  const stillLoggedIn = user ? [`You are still logged in as ${user.name}.`] : [];
  return (
    <StatusPage
      eyebrow="Login failed"
      kind="failed"
      aside={reason && <LoginFailure reason={reason} hint={failure?.hint ?? null} />} // part: demo
      title={text.title}
      paragraphs={[text.what, text.next, ...hints, ...failureHints(reason, failure), ...stillLoggedIn]}
      reference={reference}
    >
      {!(user && text === UNMET_LOGIN_ERROR) && (
        <ButtonLink href={text.again?.href ?? "/auth/login"} variant="primary">
          {text.again?.label ?? "Try again"}
        </ButtonLink>
      )}
      {/* part: inspector */}
      <ButtonLink href="/inspector" variant="secondary">
        See what happened
      </ButtonLink>
      {/* end part: inspector */}
      {user && (
        <ButtonLink href="/profile" variant="secondary">
          Go on to your profile
        </ButtonLink>
      )}
    </StatusPage>
  );
}
