export { brokerRoute as GET, brokerRoute as POST } from "@/lib/auth/broker";
