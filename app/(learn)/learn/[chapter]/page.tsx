import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Passages } from "@/components/learn/passages";
import { chapterNames, readChapter } from "@/components/learn/tutorial";
import { ButtonLink } from "@/components/ui/button";

interface ChapterPageProps {
  params: Promise<{ chapter: string }>;
}

export async function generateMetadata({ params }: ChapterPageProps): Promise<Metadata> {
  const chapter = await readChapter((await params).chapter);
  return { title: chapter?.title ?? "Not found" };
}

export default async function ChapterPage({ params }: ChapterPageProps) {
  const { chapter: name } = await params;
  const chapter = name === "README" ? null : await readChapter(name);
  if (!chapter) notFound();
  const names = await chapterNames();
  const next = await readChapter(names[names.indexOf(name) + 1] ?? ""); // after a guide, the next page is chapter 1
  return (
    <>
      <h1 className="mb-6">{chapter.title}</h1>
      <Passages passages={chapter.passages} />
      <nav aria-label="Tutorial" className="chapter-nav">
        <ButtonLink href="/learn" variant="secondary">
          All chapters
        </ButtonLink>
        {next && (
          <ButtonLink href={`/learn/${next.name}`} variant="primary">
            {`Next: ${next.title}`}
          </ButtonLink>
        )}
      </nav>
    </>
  );
}
