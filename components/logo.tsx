import { Icon } from "@/components/icon";

export function Logo() {
  return (
    <a
      href="/"
      className="-mx-2 inline-flex min-h-11 items-center gap-2.5 rounded-lg px-2 font-semibold tracking-tight whitespace-nowrap"
    >
      <span className="grid size-7 place-items-center rounded-lg bg-accent text-on-accent">
        <Icon name="key" className="size-4.5" />
      </span>
      Hello OIDC
    </a>
  );
}
