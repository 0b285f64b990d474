import { Icon } from "@/components/ui/icon";
import type { User } from "@/lib/auth/user";

interface AvatarProps {
  user: User;
}

/** The person's picture; without one, or where it does not load, the initials. */
export function Avatar({ user }: AvatarProps) {
  return (
    <span className="relative grid size-20 shrink-0 place-items-center overflow-hidden rounded-full bg-tint text-2xl font-medium text-accent">
      <span aria-hidden="true">{initials(user.name) || <Icon name="person" className="size-8" />}</span>
      {user.picture && (
        // biome-ignore lint/performance/noImgElement: an optimiser would fetch any provider's pictures through this server
        <img
          src={user.picture}
          alt=""
          referrerPolicy="no-referrer"
          // Sized by minimum and maximum: with a size of its own, a picture that does not load shows a broken icon.
          className="absolute inset-0 max-h-full min-h-full max-w-full min-w-full object-cover"
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
