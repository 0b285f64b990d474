import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Passages } from "@/components/learn/passages";
import { chapterNames, readChapter } from "@/components/learn/tutorial";
import { ButtonLink } from "@/components/ui/button";

export const metadata: Metadata = { title: "Tutorial" };

export default async function TutorialPage() {
  const contents = await readChapter("README");
  const [name = ""] = await chapterNames();
  const first = await readChapter(name);
  if (!contents || !first) notFound();
  return (
    <>
      <h1 className="mb-6">{contents.title}</h1>
      <Passages passages={contents.passages} />
      <nav aria-label="Tutorial" className="chapter-nav">
        <ButtonLink href={`/learn/${first.name}`} variant="primary">
          {`Next: ${first.title}`}
        </ButtonLink>
      </nav>
    </>
  );
}
