import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Passages } from "@/components/learn/passages";
import { readChapter } from "@/components/learn/tutorial";

export const metadata: Metadata = { title: "Tutorial" };

export default async function TutorialPage() {
  const contents = await readChapter("README");
  if (!contents) notFound();
  return (
    <>
      <h1 className="mb-6">{contents.title}</h1>
      <Passages passages={contents.passages} />
    </>
  );
}
