import type { Metadata } from "next";
import { cookies } from "next/headers";
import { failedLogin, STEPS_BEFORE_HOOK, stepsBefore } from "@/components/demo/login-sequence";
import { PageHeader } from "@/components/demo/page-header";
import { Sequence } from "@/components/demo/sequence";
import { CaughtBy } from "@/components/inspector/caught-by";
import { LoginDetails } from "@/components/inspector/login-details";
import { duration, machineTime, timedSteps } from "@/components/inspector/timed-steps";
import { ButtonLink } from "@/components/ui/button";
import { Chips } from "@/components/ui/chips";
import { formatRelative } from "@/components/ui/time-stamp";
import { getSession, toUser } from "@/lib/auth/current-user";
import { caughtBy, idTokenChecks } from "@/lib/auth/inspector/checks";
import { readTrace } from "@/lib/auth/inspector/trace";
import { differences } from "@/lib/auth/inspector/trials";
import { isLoginErrorReason } from "@/lib/auth/provider";
import { jarOf } from "@/lib/auth/session-cookie";
import { getSettings } from "@/lib/settings";

export const metadata: Metadata = { title: "Inspector" };

/** Shows a login step by step: one that failed in the last ten minutes, or else the login of this session. */
export default async function InspectorPage() {
  const session = await getSession();
  const trace = await readTrace(jarOf(await cookies()), session);
  if (!trace) return <NoTrace isLoggedIn={session !== null} />;
  const { issuer, clientId } = getSettings().oidc;
  const { failure, begun, calls, at, sealTook } = trace;
  const times = session?.times && !failure ? session.times : trace.times;
  const [, away = null] = times.ms;
  const machines = machineTime(times.ms, sealTook);
  const different = differences(begun?.request ?? {}, {
    par: begun?.isPushed === true,
    dpop: calls.some(({ dpop }) => dpop),
  });
  const reason = isLoginErrorReason(failure?.reason) ? failure.reason : null;
  const checks = idTokenChecks(trace, { issuer, clientId });
  const lesson = caughtBy(trace, checks);
  const isChecked = checks.some(({ result }) => result === "failed") || lesson === "sub";
  const isRefusedByHook = reason === "access_denied" && trace.idToken !== null;
  let made = isRefusedByHook ? STEPS_BEFORE_HOOK : stepsBefore(failure?.step);
  if (isChecked) made = 5;
  if (lesson === "userinfo") made = 6;
  const who = session && !failure ? `As ${toUser(session).name}, ` : "It stopped ";
  const when = formatRelative(new Date(at), new Date()).replace(/^now$/, "just now");
  return (
    <>
      <PageHeader eyebrow="Inspector" title={failure ? "Your last login failed" : "Your last login"}>
        {`${who}${when}. `}
        {!failure &&
          `${away === null ? "" : `You spent ${duration(away)} at the provider. `}All other steps took ${duration(machines)}.`}
      </PageHeader>
      {failure && <CaughtBy lesson={lesson} reason={failure.reason} />}
      {different.length > 0 && (
        <section aria-labelledby="different" className="section">
          <h2 id="different">What was different</h2>
          <Chips items={different} />
        </section>
      )}
      {reason ? (
        <Sequence title="Where it stopped" steps={failedLogin(reason, made)} />
      ) : (
        <Sequence
          title="Where the time went"
          note="The bars show when each step ran. The bar for your time at the provider is not to scale."
          steps={timedSteps(times, sealTook, "")}
        />
      )}
      <section aria-labelledby="steps" className="section">
        <h2 id="steps">Step by step</h2>
        <LoginDetails trace={trace} checks={checks} refreshes={times.refreshes} />
      </section>
      <div className="actions mt-8">
        <ButtonLink href="/inspector/try" variant="primary">
          Try other logins, and break them
        </ButtonLink>
      </div>
    </>
  );
}

function NoTrace({ isLoggedIn }: { isLoggedIn: boolean }) {
  return (
    <>
      <PageHeader eyebrow="Inspector" title="See a login, step by step">
        {isLoggedIn
          ? "The inspector has no record of the login that began this session. Log in again to see each request, each answer and each check."
          : "Log in to see each request, each answer and each check of your own login."}
      </PageHeader>
      <div className="actions">
        <ButtonLink href="/auth/login?returnTo=/inspector" variant="primary">
          {isLoggedIn ? "Log in again" : "Log in and look"}
        </ButtonLink>
      </div>
    </>
  );
}
