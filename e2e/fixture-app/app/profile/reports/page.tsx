import { requireUser } from "@/lib/auth/current-user";

export default async function ReportsPage() {
  const { user } = await requireUser("/profile/reports", { roles: ["admin"] });
  return <h1>Reports of {user.name}</h1>;
}
