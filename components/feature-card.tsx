import type { FEATURES } from "@/components/features";
import { Icon } from "@/components/icon";

interface FeatureCardProps {
  feature: (typeof FEATURES)[number];
}

/** A thing to look at; the whole card is its link. */
export function FeatureCard({ feature: { href, icon, title, text, access } }: FeatureCardProps) {
  return (
    <li className="group relative flex flex-col rounded-xl border border-line bg-surface p-5 hover:border-line-strong motion-safe:transition-colors sm:p-6">
      <Icon name={icon} className="size-5 text-accent" />
      <h3 className="mt-4 font-semibold">
        <a href={href} className="after:absolute after:inset-0 after:rounded-xl">
          {title}
        </a>
      </h3>
      <p className="mt-1.5 grow text-sm leading-6 text-soft">{text}</p>
      <p className="mt-5 flex items-center justify-between text-[0.8125rem] text-soft">
        {access}
        <Icon
          name="arrow-right"
          className="size-4 group-hover:text-accent motion-safe:transition-transform motion-safe:group-hover:translate-x-0.5"
        />
      </p>
    </li>
  );
}
