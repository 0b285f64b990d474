export { backChannelLogout as POST } from "@/lib/auth/backchannel-logout";
