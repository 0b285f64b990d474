"use client";

import { useUser } from "@/components/session/use-user";

/** The name of the user, as long as the session lasts. */
export function LiveUser() {
  const user = useUser();
  return user ? <bdi>{user.name}</bdi> : "nobody";
}
