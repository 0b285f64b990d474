/** Another party's answer is longer than allowed. */
export class AnswerTooLongError extends Error {
  override readonly name = "AnswerTooLongError";

  constructor(maxBytes: number) {
    super(`the answer is longer than ${maxBytes} bytes`);
  }
}

/**
 * Limits the length of an answer's body: reading more than `maxBytes`, counted after decompression, fails.
 * It pulls as needed, because piping through a transform takes about three times as long.
 */
export function boundBody(response: Response, maxBytes: number): Response {
  if (!response.body) return response;
  const reader = response.body.getReader();
  let bytes = 0;
  const source: UnderlyingDefaultSource<Uint8Array> = {
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
  };
  return new Response(new ReadableStream(source, { highWaterMark: 0 }), response);
}
