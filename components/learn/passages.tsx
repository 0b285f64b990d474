import type { Passage } from "@/components/learn/tutorial";

interface PassagesProps {
  passages: readonly Passage[];
}

/** The text of a tutorial page, with the code beside it on wide screens. */
export function Passages({ passages }: PassagesProps) {
  return passages.map(({ html, code }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
    <section key={index} className="passage">
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: the HTML is made from this repository's docs/tutorial */}
      <div className="prose" dangerouslySetInnerHTML={{ __html: html }} />
      {code && (
        <figure>
          {code.file && <figcaption>{code.file}</figcaption>}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <pre tabIndex={0}>
            <code>{code.text}</code>
          </pre>
        </figure>
      )}
    </section>
  ));
}
