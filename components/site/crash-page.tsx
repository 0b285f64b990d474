"use client"; // Next.js requires it for error boundaries

export interface CrashPageProps {
  error: unknown;
  retry: () => void;
}

/**
 * Replaces a page whose rendering failed. The digest is the reference in the server's log. Every page loads this
 * script. To keep the script small, it repeats the markup of `StatusPage` instead of importing it.
 */
export function CrashPage({ error, retry }: CrashPageProps) {
  const { digest } = error as { digest?: string };
  return (
    <div className="status-page">
      <p className="sign failed">Error</p>
      <h1>Something went wrong</h1>
      <p>The app could not show this page or do what you asked.</p>
      <p>Try again. If you have just sent something, check first whether it arrived.</p>
      <div className="actions">
        <button type="button" onClick={retry} className="button primary">
          Try again
        </button>
        <a href="/" className="button secondary">
          Home
        </a>
      </div>
      {digest && (
        <p className="reference">
          Reference <code>{digest}</code>
        </p>
      )}
    </div>
  );
}
