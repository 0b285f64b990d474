import { requireToken } from "@/lib/auth/broker";
import { json } from "@/lib/auth/http";

/** Behind a scope: what a person has allowed a program to see. */
export const GET = requireToken({ scopes: ["email"] }, (_request, { email }) => json({ email }, 200));
