import { Hero } from "@/components/demo/hero";
import { Showcase } from "@/components/demo/showcase";
import { getUser } from "@/lib/auth/current-user";

export default async function HomePage() {
  return (
    <>
      <Hero user={await getUser()} />
      <Showcase />
    </>
  );
}
