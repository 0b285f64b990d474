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
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) controller.error(new AnswerTooLongError(maxBytes));
      else controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(limit), response);
}
