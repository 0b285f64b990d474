/** Another party's answer went on for longer than it may. */
export class AnswerTooLongError extends Error {
  override readonly name = "AnswerTooLongError";

  constructor(maxBytes: number) {
    super(`the answer is longer than ${maxBytes} bytes`);
  }
}

/**
 * An answer whose body breaks off with an error where it grows longer than it may: no other party decides how much
 * memory it takes to read it.
 *
 * @param maxBytes counted after decompression
 */
export function boundBody(response: Response, maxBytes: number): Response {
  if (!response.body) return response;
  const reader = response.body.getReader();
  let bytes = 0;
  // A stream that is read from as needed: a pipe through a transform costs some three times as much.
  const bounded = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        bytes += value.byteLength;
        if (bytes <= maxBytes) return controller.enqueue(value);
        const error = new AnswerTooLongError(maxBytes);
        controller.error(error);
        await reader.cancel(error);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(bounded, response);
}
