import { StatusPage } from "@/components/ui/status-page";

/** What `unauthorized()` shows, on any page. Without this file every page carries Next's own, which is longer. */
export default function Unauthorized() {
  return <StatusPage eyebrow="401" title="Log in to see this page" paragraphs={[]} />;
}
