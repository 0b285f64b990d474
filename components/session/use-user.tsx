"use client";

import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from "react";
import type { User } from "@/lib/auth/current-user";

/** What the server says about the session. Times are Unix seconds by the server's clock. */
export interface SessionAnswer {
  readonly user: User | null;
  readonly expiresAt: number;
  readonly idleExpiresAt: number;
  readonly askedAt: number;
}

interface Known extends SessionAnswer {
  readonly receivedAt: number; // by the browser's clock, which may be wrong: only differences are used
}

interface Context {
  readonly known: Known;
  /** The user for whom the server has rendered the page. */
  readonly rendered: User | null;
  /** `SessionEnd` warns when at most this many seconds of the session are left. */
  readonly warning: number;
  /** Asks the server again. The request extends the session only with `renew`. */
  readonly ask: (renew?: "renew") => Promise<void>;
}

const SessionContext = createContext<Context | null>(null);

export function useSession(): Context {
  const context = useContext(SessionContext);
  if (context) return context;
  throw new Error("SessionProvider is missing");
}

/** Returns the user, or null without a session, in the browser and on the server. Notices logins and logouts in other tabs. */
export function useUser(): User | null {
  return useSession().known.user;
}

export function secondsLeft({ expiresAt, idleExpiresAt, askedAt, receivedAt }: Known): number {
  return Math.ceil(Math.min(expiresAt, idleExpiresAt) - askedAt - (Date.now() / 1000 - receivedAt));
}

const received = (answer: SessionAnswer): Known => ({ ...answer, receivedAt: Date.now() / 1000 });
const openChannel = () => new BroadcastChannel("session");

interface SessionInBrowserProps {
  initial: SessionAnswer;
  warning: number;
  children: ReactNode;
}

/** Keeps the session up to date: asks the server when the visitor returns, or logs in or out in another tab. */
export function SessionInBrowser({ initial, warning, children }: SessionInBrowserProps) {
  const [given, setGiven] = useState(initial);
  const [known, setKnown] = useState(() => received(initial));
  if (given !== initial) {
    setGiven(initial); // Next.js's router has rendered the page again
    setKnown(received(initial));
  }
  const rendered = initial.user;
  const sub = rendered?.sub;
  const isOut = !known.user;

  const ask = useCallback(
    async (renew?: "renew") => {
      const answer = await askServer(renew);
      if (!answer) return;
      // If another person has logged in, the page loads again: the rest of it still shows the previous user.
      if (sub && answer.user && answer.user.sub !== sub) location.reload();
      else setKnown(received(answer));
      if (renew) openChannel().postMessage("renewed");
    },
    [sub],
  );

  useEffect(() => {
    const listening = new AbortController();
    let channel: BroadcastChannel;
    const connect = () => {
      channel = openChannel();
      // "out" may arrive before the server has handled the logout, so this tab then asks three times.
      channel.onmessage = ({ data }) => {
        if (data === "in" && !isOut) return;
        for (const wait of data === "out" ? [0, 1_000, 4_000] : [0]) setTimeout(ask, wait);
      };
      if (!isOut) channel.postMessage("in"); // other tabs may still show that the session has ended
    };
    const on = (type: string, listener: (event: Event) => void) =>
      addEventListener(type, listener, listening);
    const onReturn = () => {
      if (!document.hidden) ask();
    };
    connect();
    on("visibilitychange", onReturn);
    on("focus", onReturn);
    on("pagehide", () => channel.close()); // an open channel may keep the page out of the back/forward cache
    on("pageshow", (event) => {
      if (!(event as PageTransitionEvent).persisted) return;
      connect();
      ask();
    });
    on("submit", ({ target }) => {
      const action = (target as Element).getAttribute("action") ?? "";
      if (/^\/auth\/(logout|sessions)$/.test(action)) channel.postMessage("out");
    });
    return () => {
      listening.abort();
      channel.close();
    };
  }, [ask, isOut]);

  return <SessionContext value={{ known, rendered, warning, ask }}>{children}</SessionContext>;
}

/** Asks the server about the session. @returns undefined if the request fails; the previous answer then stays in use */
async function askServer(renew?: "renew"): Promise<SessionAnswer | undefined> {
  try {
    const response = await fetch(`/auth/me${renew ? "" : "?renew=0"}`);
    const askedAt = Date.parse(response.headers.get("date") ?? "") / 1000;
    if (response.status === 401) return { user: null, expiresAt: 0, idleExpiresAt: 0, askedAt };
    if (!response.ok) return undefined;
    const { user, session } = await response.json();
    return { user, ...session, askedAt };
  } catch {
    return undefined;
  }
}
