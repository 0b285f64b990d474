"use client"; // Next.js requires it for error boundaries

export { CrashPage as default } from "@/components/site/crash-page";
