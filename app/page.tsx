import { LOGIN_STEPS } from "@/components/demo/login-sequence"; // part: demo
import { NextSteps } from "@/components/demo/next-steps"; // part: demo
import { PageList } from "@/components/demo/page-list"; // part: demo
import { Sequence } from "@/components/demo/sequence"; // part: demo
import { StartWays } from "@/components/demo/start-ways"; // part: demo
import { Welcome } from "@/components/site/welcome";
import { getUser } from "@/lib/auth/current-user";

export default async function HomePage() {
  const user = await getUser();
  return (
    <>
      <div className={user ? "home in" : "home"}>
        <Welcome user={user} />
        {/* part: demo */}
        <Sequence title="What happens when you log in" steps={LOGIN_STEPS} />
        {user && <NextSteps />}
        {/* end part: demo */}
      </div>
      {/* part: demo */}
      {!user && <StartWays />}
      {!user && <PageList title="What you can open" />}
      {/* end part: demo */}
    </>
  );
}
