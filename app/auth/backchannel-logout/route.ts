import { backChannelLogout } from "@/lib/auth/backchannel-logout";
import { withStore } from "@/lib/auth/store-away";

export async function POST(request: Request): Promise<Response> {
  return withStore(request, () => backChannelLogout(request));
}
