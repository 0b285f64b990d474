import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { keepAlive } from "./load.ts";
import { type Contestant, compare, type Score, summarise, summariseReference } from "./rounds.ts";

const score = (name: string, rate: number, latencies: number[]): Score => ({
  name,
  rate,
  cpu: 1_000 / rate,
  bytes: 4_000,
  latencies,
});

describe("the summary of several heats", () => {
  const heats = [
    { reference: score("empty", 100, [1]), challenger: score("guarded", 90, [3]) },
    { reference: score("empty", 300, [1]), challenger: score("guarded", 240, [3]) },
    { reference: score("empty", 200, [2]), challenger: score("guarded", 200, [9]) },
  ];

  test("the summary compares two pages within each heat, because a slow heat affects both pages", () => {
    const guarded = summarise(heats);
    expect(guarded).toMatchObject({ name: "guarded", rate: 200, bytes: 4_000, shares: [0.9, 0.8, 1] });
    expect(guarded.cpuShares.map((share) => share.toFixed(2))).toEqual(["1.11", "1.25", "1.00"]);
  });

  test("the summary has the median rate and the p99 of all answers", () => {
    expect(summarise(heats).p99).toBeGreaterThan(8);
    expect(summariseReference(heats)).toMatchObject({ name: "empty", rate: 200, cpu: 5, shares: [1] });
    expect(summariseReference(heats).p99).toBeCloseTo(2, 1);
  });
});

describe("the comparison of two pages under load", () => {
  const servers: HttpServer[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  /** Starts a server that counts its visits, and reports a millisecond of CPU time for each visit. */
  async function contestant(name: string): Promise<Contestant & { visits(): number }> {
    let visits = 0;
    const server = createServer((_, response) => {
      visits += 1;
      response.end(name.repeat(10));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return {
      name,
      url: `${url}/page`,
      headers: {},
      status: 200,
      agent: keepAlive(2),
      server: { url, cpuTime: async () => visits, stop: async () => {} },
      visits: () => visits,
    };
  }

  test("the comparison does not measure the warm-up", async () => {
    const [one, other] = [await contestant("a"), await contestant("bb")];
    const { reference, challenger } = await compare(one, other, { warmUp: 3, rounds: 2, slice: 20 });
    for (const [page, score] of [
      [one, reference],
      [other, challenger],
    ] as const) {
      expect(score).toMatchObject({ name: page.name, cpu: 1, bytes: page.name.length * 10 });
      expect(score.latencies.length).toBeGreaterThan(0);
      expect(score.latencies.length).toBeLessThan(page.visits() - 361); // 360 varied requests, 1 for `bytes`
      expect(score.rate).toBeGreaterThan(0);
    }
  });

  test("the comparison stops if a page answers with an unexpected status", async () => {
    const [one, other] = [await contestant("a"), { ...(await contestant("b")), status: 307 }];
    await expect(compare(one, other, { warmUp: 0, rounds: 1, slice: 20 })).rejects.toThrow(
      "answered 200, not 307",
    );
  });
});
