import { Icon } from "@/components/icon";
import { initials } from "@/components/initials";
import type { User } from "@/lib/auth/current-user";

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
