import { expect, test } from "vitest";
import { AnswerTooLongError, boundBody } from "./fetch.ts";

/** A response whose body never ends. */
function endlessAnswer(onCancel: () => void): Response {
  const chunk = new Uint8Array(1_000);
  return new Response(
    new ReadableStream({ pull: (controller) => controller.enqueue(chunk), cancel: onCancel }),
    { status: 201, headers: { "content-type": "application/json" } },
  );
}

test("boundBody returns a body of the maximum length, with its status and headers", async () => {
  const bounded = await boundBody(new Response("x".repeat(10), { status: 201, headers: { "x-a": "b" } }), 10);
  expect(bounded.status).toBe(201);
  expect(bounded.headers.get("x-a")).toBe("b");
  expect(await bounded.text()).toBe("x".repeat(10));
});

test("boundBody rejects a body that is one byte too long", async () => {
  await expect(boundBody(new Response("x".repeat(11)), 10)).rejects.toThrow(AnswerTooLongError);
});

test("boundBody rejects a body that never ends, and cancels it", async () => {
  const cancelled = Promise.withResolvers<void>();
  await expect(boundBody(endlessAnswer(cancelled.resolve), 5_000)).rejects.toThrow(AnswerTooLongError);
  await cancelled.promise;
});

test("boundBody returns a response without a body unchanged", async () => {
  const empty = new Response(null, { status: 204 });
  expect(await boundBody(empty, 10)).toBe(empty);
});
