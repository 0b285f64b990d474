import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ProgramList } from "@/components/site/program-list";
import { requireUser } from "@/lib/auth/current-user";
import { getSettings } from "@/lib/settings";

export const metadata: Metadata = { title: "Programs" };

export default async function ProgramsPage() {
  await requireUser("/programs");
  if (getSettings().broker.audience === null) notFound();
  return (
    <>
      <div className="mb-10 max-w-2xl">
        <h1>Programs</h1>
        <p className="mt-3 leading-7 text-soft">
          Command-line tools, notebooks and services that use this app as you. End the login of each one that
          you do not recognize, or no longer need.
        </p>
      </div>
      <ProgramList />
    </>
  );
}
