"use client"; // Next.js wants error boundaries on the client

import { CrashPage, type CrashPageProps } from "@/components/site/crash-page";

export default function ErrorPage(props: CrashPageProps) {
  return <CrashPage {...props} />;
}
