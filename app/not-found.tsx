import type { Metadata } from "next";
import { PageList } from "@/components/demo/page-list"; // part: demo
import { StatusPage } from "@/components/ui/status-page";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <StatusPage
      eyebrow="404, no such page"
      title="There is no such page"
      paragraphs={["The link is old or mistyped. Your session is not affected."]}
      aside={<PageList title="What there is" />} // part: demo
    />
  );
}
