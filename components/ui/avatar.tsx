import { Icon } from "@/components/ui/icon";
import type { User } from "@/lib/auth/current-user";

interface AvatarProps {
  user: User;
}

/** The user's picture, or the user's initials if there is no picture or it does not load. */
export function Avatar({ user }: AvatarProps) {
  return (
    <span className={`avatar c${colourOf(user.sub)}`}>
      <span aria-hidden="true">{initials(user.name) || <Icon name="person" />}</span>
      {user.picture && (
        // biome-ignore lint/performance/noImgElement: next/image would fetch pictures from any host through this server
        <img
          src={user.picture}
          alt=""
          loading="lazy" // without `lazy`, React adds a preload link to the HTML and to the router's payload
        />
      )}
    </span>
  );
}

/** Chooses one of three colours, to tell people without pictures apart. A person has the same colour on every page. */
function colourOf(sub: string): number {
  return [...sub].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0) % 3;
}

/**
 * Returns up to two initials of a name, e.g. "AL" for "Ada Lovelace". Ignores an "@" and everything after it.
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
