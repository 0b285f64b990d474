import { requireToken } from "@/lib/auth/broker";
import { json } from "@/lib/auth/http";

/** Requires the scope `email`, by which the person has allowed the program to see the address. */
export const GET = requireToken({ scopes: ["email"] }, (_request, { email }) => json({ email }, 200));
