import { LoginSteps } from "@/components/demo/login-steps"; // part: demo
import { Showcase } from "@/components/demo/showcase"; // part: demo
import { Welcome } from "@/components/site/welcome";
import { getUser } from "@/lib/auth/current-user";

export default async function HomePage() {
  return (
    <div className="home">
      <Welcome user={await getUser()} />
      <LoginSteps /> {/* part: demo */}
      <Showcase /> {/* part: demo */}
    </div>
  );
}
