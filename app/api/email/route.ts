import { requireToken } from "@/lib/auth/broker";
import { json } from "@/lib/auth/http";

/** Requires the scope `email`, which lets a program see the person's e-mail address. */
export const GET = requireToken({ scopes: ["email"] }, (_request, { email }) => json({ email }, 200));
