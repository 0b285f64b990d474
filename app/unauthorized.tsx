import { StatusPage } from "@/components/ui/status-page";

/**
 * What `unauthorized()` shows. It is in the payload of every page; without this file, Next.js's longer default would
 * be.
 */
export default function Unauthorized() {
  return <StatusPage eyebrow="401, no session" title="Log in to see this page" paragraphs={[]} />;
}
