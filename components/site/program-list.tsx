import { ButtonLink, buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { TimeStamp } from "@/components/ui/time-stamp";
import { listPrograms, type ProgramSummary } from "@/lib/auth/broker";
import { getSession } from "@/lib/auth/current-user";

/** The programs of the person who asks; empty without a session. It reads the session itself, like `SessionList`. */
async function programsOfVisitor(): Promise<readonly ProgramSummary[]> {
  const session = await getSession();
  return session ? listPrograms(session) : [];
}

/** The programs that are logged in as the person who asks, with a button to end each. */
export async function ProgramList() {
  const programs = await programsOfVisitor();
  if (programs.length === 0) return <NoPrograms />;
  return (
    <Card
      title="Logged in as you"
      note="An ended program gets no new tokens. The last one that it has is valid for an hour at most."
    >
      <ul className="divide-y divide-line border-y border-line">
        {programs.map((program) => (
          <ProgramItem key={program.name} program={program} />
        ))}
      </ul>
    </Card>
  );
}

/** On the profile; nothing without a program. */
export async function ProgramsCard() {
  const { length } = await programsOfVisitor();
  if (length === 0) return null;
  return (
    <Card
      title="Your programs"
      note={`${length === 1 ? "A program uses" : `${length} programs use`} this app as you.`}
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
      note="A program that you log in from a terminal is listed here."
    >
      <p className="text-sm leading-6 text-soft">
        The documentation of a program says how it logs in. It never asks for your password: you log in at
        your provider, in the browser.
      </p>
    </Card>
  );
}

function ProgramItem({ program }: { program: ProgramSummary }) {
  const title = programTitle(program.userAgent);
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-6 gap-y-2 py-4 text-sm leading-6 md:grid-cols-[minmax(0,1fr)_11.5rem_11.5rem_4.5rem]">
      <div>
        <p className="font-medium wrap-anywhere">{title}</p>
        <p className="text-soft wrap-anywhere">
          {program.scopes.length > 0 ? `May use: ${program.scopes.join(", ")}` : "No scopes"}
        </p>
      </div>
      <ProgramTime term="Since" seconds={program.createdAt} />
      <ProgramTime term="Last used" seconds={program.usedAt} />
      <form
        method="post"
        action="/auth/programs"
        className="max-md:col-start-2 max-md:row-start-1 md:justify-self-end"
      >
        <button
          type="submit"
          name="name"
          value={program.name}
          className={buttonClass("secondary")}
          aria-label={`End ${title}`}
        >
          End
        </button>
      </form>
    </li>
  );
}

function ProgramTime({ term, seconds }: { term: string; seconds: number }) {
  return (
    <div className="max-md:col-span-2 max-md:flex max-md:gap-x-4">
      <p className="w-18 shrink-0 text-soft">{term}</p>
      <p>
        <TimeStamp seconds={seconds} />
      </p>
    </div>
  );
}

/** For example "python-httpx 0.28" for `python-httpx/0.28`. The program chooses the name, so use it for display only. */
export function programTitle(userAgent: string | null): string {
  const [, name, version] = /^([\w.+~-]{1,60})(?:\/([\w.+~-]{1,30}))?(?: |$)/.exec(userAgent ?? "") ?? [];
  if (!name) return "Unknown program";
  if (name === "Mozilla") return "Web browser";
  return version ? `${name} ${version}` : name;
}
