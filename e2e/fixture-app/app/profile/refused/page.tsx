import { forbidden } from "next/navigation";
import { requireUser } from "@/lib/auth/current-user";

export default async function RefusedPage() {
  await requireUser("/profile/refused");
  forbidden();
}
