import { ForbiddenPanel } from "@/components/forbidden-panel";

export default function Forbidden() {
  return <ForbiddenPanel />;
}
