"use client"; // Next.js requires it for error boundaries

import { CrashPage, type CrashPageProps } from "@/components/site/crash-page";

export default function ErrorPage(props: CrashPageProps) {
  return <CrashPage {...props} />;
}
