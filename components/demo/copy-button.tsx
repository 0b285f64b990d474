"use client";

import { type MouseEvent, useState } from "react";

/** Copies the code beside it. Without a script it is hidden, and one click selects all of the code. */
export function CopyButton() {
  const [isCopied, setCopied] = useState(false);
  const copy = async ({ currentTarget }: MouseEvent<HTMLButtonElement>) => {
    await navigator.clipboard.writeText(
      currentTarget.parentElement?.querySelector("code")?.textContent ?? "",
    );
    setCopied(true);
  };
  return (
    <button type="button" className="copy" onClick={copy}>
      <span aria-live="polite">{isCopied ? "Copied" : "Copy"}</span>
    </button>
  );
}
