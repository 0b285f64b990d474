import { backChannelLogout } from "@/lib/auth/remote-logout/backchannel-logout";
import { withStore } from "@/lib/auth/store-unavailable";

export async function POST(request: Request): Promise<Response> {
  return withStore(request, () => backChannelLogout(request));
}
