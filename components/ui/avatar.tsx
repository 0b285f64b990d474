import { Icon } from "@/components/ui/icon";
import type { User } from "@/lib/auth/user";

interface AvatarProps {
  user: User;
}

/** The person's picture; without one, or where it does not load, the initials. */
export function Avatar({ user }: AvatarProps) {
  return (
    <span className="avatar">
      <span aria-hidden="true">{initials(user.name) || <Icon name="person" className="size-8" />}</span>
      {user.picture && (
        // biome-ignore lint/performance/noImgElement: an optimiser would fetch any provider's pictures through this server
        <img
          src={user.picture}
          alt=""
          referrerPolicy="no-referrer"
          loading="lazy" // or React names the picture twice more, to load it ahead of the style sheet
        />
      )}
    </span>
  );
}

/**
 * Up to two initials of a name, e.g. "AL" for "Ada Lovelace". In an e-mail address, the part before the "@" is used.
 *
 * @returns an empty string for a name without letters and digits
 */
function initials(name: string): string {
  const [person = ""] = name.split("@");
  const words = person.split(/[^\p{L}\p{M}\p{N}]+/u).filter(Boolean);
  const chosen = words.length > 1 ? [words.at(0), words.at(-1)] : words;
  return chosen
    .map((word = "") => word.match(/[\p{L}\p{N}]/u)?.at(0) ?? "")
    .join("")
    .toUpperCase();
}
