import { FeatureCard } from "@/components/feature-card";
import { FEATURES } from "@/components/features";
import { Hero } from "@/components/hero";
import { getUser } from "@/lib/auth/current-user";

export default async function HomePage() {
  return (
    <>
      <Hero user={await getUser()} />
      <section aria-labelledby="look" className="mt-20 sm:mt-28">
        <h2 id="look" className="text-2xl font-semibold tracking-tight">
          What to look at
        </h2>
        <ul className="mt-6 grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
          {FEATURES.map((feature) => (
            <FeatureCard key={feature.href} feature={feature} />
          ))}
        </ul>
      </section>
    </>
  );
}
