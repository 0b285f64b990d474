"use client";
import { useActionState } from "react";

interface PublishFormProps {
  publish: (before: string | null, form: FormData) => Promise<string>;
  text: string | undefined;
}

export function PublishForm({ publish, text }: PublishFormProps) {
  const [error, send] = useActionState(publish, null);
  return (
    <form action={send}>
      <label>
        Your text <input name="text" defaultValue={text} aria-describedby="error" />
      </label>
      <p id="error">{error}</p>
      <button type="submit">Publish</button>
    </form>
  );
}
