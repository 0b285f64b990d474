import dns from "node:dns";

const { lookup } = dns.promises;

/**
 * Makes Playwright's requests without a browser find `localhost` without a DNS server, as RFC 6761 (6.3) demands.
 * Playwright asks for IPv4 and IPv6 addresses separately. Where /etc/hosts has no IPv6 address of localhost, the system
 * then asks a DNS server for one, and waits five seconds each time that no answer comes.
 */
export function findLocalhostHere(): void {
  const find = async (hostname: string, options: dns.LookupAllOptions) => {
    if (hostname !== "localhost" || !options.all) return lookup(hostname, options);
    const addresses = await lookup(hostname, { all: true });
    return addresses.filter(({ family }) => !options.family || family === options.family);
  };
  dns.promises.lookup = find as typeof lookup;
}
