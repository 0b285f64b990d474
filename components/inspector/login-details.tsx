import type { ReactNode } from "react";
import { duration } from "@/components/inspector/timed-steps";
import { ValueTable } from "@/components/inspector/value-table";
import { count } from "@/components/ui/chips";
import { JsonView } from "@/components/ui/json-view";
import { formatRelative } from "@/components/ui/time-stamp";
import type { Check } from "@/lib/auth/inspector/checks";
import type { Trace } from "@/lib/auth/inspector/trace";

interface LoginDetailsProps {
  trace: Trace;
  checks: readonly Check[];
  /** The latest refreshes. The session records them, because `trace` does not change after the login. */
  refreshes: Trace["times"]["refreshes"];
}

/** What was sent, answered and checked in each step of a login. Steps that were not reached are left out. */
export function LoginDetails({ trace, checks, refreshes = [] }: LoginDetailsProps) {
  const { begun, answer, calls, sealed, failure, sealTook } = trace;
  const took = [...trace.times.ms, sealTook].map((ms) => (ms === null ? "" : duration(ms)));
  const [begin, away, match, exchange, check, userinfoTook, seal] = took;
  const token = calls.findLast(({ to }) => to === "token");
  const userinfo = calls.findLast(({ to }) => to === "userinfo");
  const passed = checks.filter(({ result }) => result === "passed").length;
  return (
    <div className="disclosures">
      <Step number={1} title="Log in" who="Browser to app" chip={begin || "Not kept"}>
        <p>
          {begun || trace.nonce
            ? "The app generated three random values: state, nonce and the PKCE verifier. A sealed cookie keeps them for ten minutes, in this browser alone."
            : answer
              ? "This browser has no record of how this login began."
              : "The app stopped this login before it sent you to the provider."}
        </p>
      </Step>
      {begun && (
        <Step
          number={2}
          title="Off to the provider"
          who="App to provider, through the browser"
          chip={begun.isPushed && "Pushed"}
        >
          {begun.isPushed && (
            <p>
              The app sent these parameters directly to the provider (RFC 9126). The browser carried only a
              reference.
            </p>
          )}
          <ValueTable values={begun.request} />
        </Step>
      )}
      {begun && answer && (
        <Step number={3} title="You log in there" who="Provider" chip={away}>
          <p>
            This is the time from the app's redirect until the answer arrived. The app sees nothing of what
            you enter there.
          </p>
        </Step>
      )}
      {answer && (
        <Step
          number={4}
          title={answer.error === undefined ? "Back with a code" : "Back with an error"}
          who="Provider to app, through the browser"
          chip={match}
        >
          <p>
            {!token && /^(state_mismatch|login_expired)$/.test(failure?.reason ?? "")
              ? "The state belongs to no login that this browser can still finish, so the app stopped here."
              : "The state identified the cookie of this login. This cookie can be used only once."}
          </p>
          <JsonView label="The answer" value={answer} plain />
        </Step>
      )}
      {token && (
        <Step number={5} title="Code exchanged" who="App to provider" chip={exchange}>
          <p>
            POST <code>{token.url}</code>{" "}
            {token.proof === "none"
              ? "This is a public client: PKCE alone proves that this client began the login."
              : `The client authenticated with ${token.proof}.`}
            {/* part: fapi */}
            {token.dpop && " A DPoP proof binds the tokens to a key of this login (RFC 9449)."}
            {/* end part: fapi */}
          </p>
          <JsonView label="Sent" value={token.sent} plain />
          <p>{token.status ? `The answer, with status ${token.status}:` : "There was no answer."}</p>
          {token.received && <JsonView label="Received" value={token.received} plain />}
        </Step>
      )}
      {checks.length > 0 && (
        <Step
          number={6}
          title="ID token checked"
          who="App"
          chip={failure ? `${passed} of ${checks.length} passed` : `${checks.length} passed, ${check}`}
          open
        >
          <table>
            <thead>
              <tr>
                <th>Check</th>
                <th>Expected</th>
                <th>Found</th>
                <th>Result</th>
              </tr>
            </thead>
            <tbody>
              {checks.map(({ label, expected, found, result }) => (
                <tr key={label} className={result}>
                  <td>{label}</td>
                  <td>{expected}</td>
                  <td>{found}</td>
                  <td>{RESULTS[result]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Step>
      )}
      {userinfo && (
        <Step number={7} title="Userinfo read" who="App to provider" chip={userinfoTook}>
          <p>
            GET <code>{userinfo.url}</code> with a {userinfo.proof}.{" "}
            {userinfo.status && `Status ${userinfo.status}.`}
          </p>
          {userinfo.received && <JsonView label="Received" value={userinfo.received} plain />}
        </Step>
      )}
      {sealed && (
        <Step number={8} title="Session sealed" who="App to browser" chip={seal}>
          <p>
            {sealed.kind === "cookies"
              ? `The whole session is in ${count(sealed.cookies, "cookie")}, encrypted, in total ${sealed.bytes} bytes. The app uses no session store.`
              : `The session is in the session store, encrypted. The browser has only its id, also encrypted: ${sealed.bytes} bytes.`}
          </p>
        </Step>
      )}
      {!failure && (
        <Step title="Latest refreshes" who="App to provider" chip={String(refreshes.length || "None")}>
          {refreshes.length === 0 && <p>The access token has not been refreshed yet.</p>}
          <ul>
            {refreshes.map(([at, took]) => (
              <li key={at}>
                New tokens {formatRelative(new Date(at * 1000), new Date())}, in {duration(took)}
              </li>
            ))}
          </ul>
        </Step>
      )}
    </div>
  );
}

const RESULTS = { passed: "✓ Passed", failed: "✗ Failed", "not reached": "Not reached" };

interface StepProps {
  number?: number;
  title: string;
  who: string;
  chip?: string | false | undefined;
  open?: boolean;
  children: ReactNode;
}

function Step({ number, title, who, chip, open, children }: StepProps) {
  return (
    <details open={open}>
      <summary>
        <h3>{number ? `${number}. ${title}` : title}</h3>
        <span>{who}</span>
        {chip && <span className="chip">{chip}</span>}
      </summary>
      {/* A link to this id expands the row. */}
      <div id={number === undefined ? undefined : `step-${number}`}>{children}</div>
    </details>
  );
}
