import { requireToken } from "@/lib/auth/broker";
import { json } from "@/lib/auth/http";

/** Requires the scope `email`: the person has allowed the program to see the e-mail address. */
export const GET = requireToken({ scopes: ["email"] }, (_request, { email }) => json({ email }, 200));
