/** Returns a replacement for `next/headers`, for `vi.mock`. Its `cookies()` reads and changes the given cookies. */
export function nextHeaders(cookies: Map<string, string>) {
  return {
    headers: async () => new Headers(),
    cookies: async () => ({
      get: (name: string) => (cookies.has(name) ? { value: cookies.get(name) } : undefined),
      getAll: () => [...cookies.keys()].map((name) => ({ name })),
      set: (name: string, value: string, { maxAge }: { readonly maxAge?: number }) => {
        if (maxAge === 0) cookies.delete(name);
        else cookies.set(name, value);
      },
    }),
  };
}
