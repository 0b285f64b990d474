import { connection } from "next/server";

/** A page like that of a new project, with a person's name. Every visitor sees the same person. */
export default async function PlainPage() {
  await connection(); // renders the page for each request, like a page that needs a login
  const { userinfo } = JSON.parse(process.env.BENCH_PERSON ?? "{}");
  return (
    <div className="flex flex-1 flex-col items-center justify-center bg-zinc-50 font-sans dark:bg-black">
      <main className="flex w-full max-w-3xl flex-1 flex-col justify-between bg-white px-16 py-32 dark:bg-black">
        <h1 className="text-3xl font-semibold tracking-tight text-black dark:text-zinc-50">
          Welcome, {userinfo?.name}.
        </h1>
        <p className="max-w-md text-lg leading-8 text-zinc-600 dark:text-zinc-400">
          Looking for a starting point? Head over to{" "}
          <a href="https://nextjs.org/templates" className="font-medium text-zinc-950 dark:text-zinc-50">
            Templates
          </a>{" "}
          or the{" "}
          <a href="https://nextjs.org/learn" className="font-medium text-zinc-950 dark:text-zinc-50">
            Learning
          </a>{" "}
          center.
        </p>
        <a
          className="flex h-12 w-full items-center justify-center rounded-full border border-solid px-5"
          href="https://nextjs.org/docs"
          target="_blank"
          rel="noopener noreferrer"
        >
          Documentation
        </a>
      </main>
    </div>
  );
}
