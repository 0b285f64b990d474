import { StatusPage } from "@/components/ui/status-page";

/** What `unauthorized()` shows. Every page carries this one in its payload; without it, Next's own, which is longer. */
export default function Unauthorized() {
  return <StatusPage eyebrow="401, no session" title="Log in to see this page" paragraphs={[]} />;
}
