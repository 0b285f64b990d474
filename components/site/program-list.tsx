import { ButtonLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { LoginItem } from "@/components/ui/login-item";
import { listPrograms, type ProgramSummary } from "@/lib/auth/broker";
import { getSession } from "@/lib/auth/current-user";

/**
 * Returns the programs that are logged in as the visitor; none without a session. The session is not a prop, because
 * in development React sends the props of server components to the browser.
 */
async function programsOfVisitor(): Promise<readonly ProgramSummary[]> {
  const session = await getSession();
  return session ? listPrograms(session) : [];
}

/** Lists the programs that are logged in as the visitor, each with a button that ends its login. */
export async function ProgramList() {
  const programs = await programsOfVisitor();
  if (programs.length === 0) return <NoPrograms />;
  return (
    <Card
      title="Logged in as you"
      note="If you end a login, the program gets no new tokens. Its last access token is valid for an hour at most."
    >
      <ul className="logins">
        {programs.map((program) => (
          <ProgramItem key={program.name} program={program} />
        ))}
      </ul>
    </Card>
  );
}

/** A card on the profile page. Renders nothing if there is no program. */
export async function ProgramsCard() {
  const { length } = await programsOfVisitor();
  if (length === 0) return null;
  return (
    <Card
      title="Your programs"
      note={`${length === 1 ? "A program is" : `${length} programs are`} logged in as you.`}
    >
      <ButtonLink href="/programs" variant="secondary">
        See your programs
      </ButtonLink>
    </Card>
  );
}

function NoPrograms() {
  return (
    <Card
      title="No program is logged in as you"
      note="After you log a program in from a terminal, it appears here."
    >
      <p className="text-sm leading-6 text-soft">
        The documentation of a program says how it logs in. No program needs your password: you log in at your
        provider, in the browser.
      </p>
    </Card>
  );
}

function ProgramItem({
  program: { name, userAgent, scopes, createdAt, usedAt },
}: {
  program: ProgramSummary;
}) {
  const title = programTitle(userAgent);
  return (
    <LoginItem
      title={title}
      detail={scopes.length > 0 ? `May use: ${scopes.join(", ")}` : "No scopes"}
      times={[
        ["Since", createdAt],
        ["Last used", usedAt],
      ]}
      end={{ action: "/auth/programs", name, label: `End ${title}` }}
    />
  );
}

/** Returns e.g. "python-httpx 0.28" for `python-httpx/0.28`. The program chooses its name, so only display the name. */
export function programTitle(userAgent: string | null): string {
  const [, name, version] = /^([\w.+~-]{1,60})(?:\/([\w.+~-]{1,30}))?(?: |$)/.exec(userAgent ?? "") ?? [];
  if (!name) return "Unknown program";
  if (name === "Mozilla") return "Web browser";
  return version ? `${name} ${version}` : name;
}
