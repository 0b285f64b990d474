export {
  proxyToBackend as DELETE,
  proxyToBackend as GET,
  proxyToBackend as HEAD,
  proxyToBackend as PATCH,
  proxyToBackend as POST,
  proxyToBackend as PUT,
} from "@/lib/backend-proxy/proxy";
