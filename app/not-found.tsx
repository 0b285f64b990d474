import type { Metadata } from "next";
import { StatusPage } from "@/components/ui/status-page";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <StatusPage
      eyebrow="404"
      title="There is no such page"
      paragraphs={["The link may be old or mistyped."]}
    />
  );
}
