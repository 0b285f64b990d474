import { optionalToken } from "@/lib/auth/broker";
import { json } from "@/lib/auth/http";

export const GET = optionalToken({}, (_request, caller) =>
  json(caller ? { sub: caller.sub } : { anonymous: true }, 200),
);
