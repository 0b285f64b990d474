import type { Metadata } from "next";
import { cookies } from "next/headers";
import { Suspense } from "react";
import {
  cookieHints,
  failureHints,
  LOGIN_ERROR_TEXTS,
  UNKNOWN_LOGIN_ERROR,
} from "@/components/site/login-error-texts";
import { getUser } from "@/lib/auth/current-user";
import { readErrorReference } from "@/lib/auth/errors";
import { isLoginErrorReason } from "@/lib/auth/provider/index";
import { jarOf } from "@/lib/auth/session-cookie";
import { getSettings } from "@/lib/settings";

export const metadata: Metadata = { title: "Login failed" };

interface LoginErrorPageProps {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/** The page that a failed login leads to. */
export default function LoginErrorPage({ searchParams }: LoginErrorPageProps) {
  return (
    <Suspense>
      <LoginError searchParams={searchParams} />
    </Suspense>
  );
}

async function LoginError({ searchParams }: LoginErrorPageProps) {
  const query = await searchParams;
  const reason = isLoginErrorReason(query.reason) ? query.reason : null;
  const { title, what, next } = reason === null ? UNKNOWN_LOGIN_ERROR : LOGIN_ERROR_TEXTS[reason];
  const failure = readErrorReference(jarOf(await cookies()));
  const reference = failure?.requestId ?? null;
  const user = await getUser();
  const hints = cookieHints({ reason, reference, user, appBaseUrl: getSettings().appBaseUrl });
  return (
    <main>
      <h1>{title}</h1>
      {[what, next, ...hints, ...failureHints(reason, failure)].map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      {user && <p>You are still logged in as {user.name}.</p>}
      <p>
        <a href="/auth/login">Try again</a>
      </p>
      {reference && (
        <p>
          Reference <code>{reference}</code>: the details are in the log of the server, under this reference.
        </p>
      )}
    </main>
  );
}
