"use client";

import { useUser } from "@/components/session/use-user";

/** Shows the user's name, or "nobody" after the session has ended. */
export function LiveUser() {
  const user = useUser();
  return user ? <bdi>{user.name}</bdi> : "nobody";
}
