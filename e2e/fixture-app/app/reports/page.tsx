import { requireUser } from "@/lib/auth/current-user";

export default async function ReportsPage() {
  const { user } = await requireUser("/reports", { roles: ["admin"] });
  return <h1>Reports for {user.name}</h1>;
}
