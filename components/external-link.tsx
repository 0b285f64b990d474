import { ArrowUpRightIcon } from "@/components/icons";

interface ExternalLinkProps {
  href: string;
  label: string;
}

/** A link off this site: it opens apart and learns nothing about where it was followed from. */
export function ExternalLink({ href, label }: ExternalLinkProps) {
  return (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      className="inline-flex min-h-11 items-center gap-1 hover:text-ink hover:underline hover:underline-offset-4 sm:min-h-8"
    >
      {label}
      <ArrowUpRightIcon className="size-3.5 opacity-70" />
      <span className="sr-only">(opens in a new tab)</span>
    </a>
  );
}
