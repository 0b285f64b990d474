import { sessionRoute } from "@/lib/auth/guard";
import { backChannelLogout } from "@/lib/auth/remote-logout/backchannel-logout";

export const POST = sessionRoute(backChannelLogout);
