export class AnswerTooLongError extends Error {
  override readonly name = "AnswerTooLongError";
}

/** Makes reading more than `maxBytes` of a body fail, counted after decompression. A transform would be slower. */
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
      const error = new AnswerTooLongError(`the answer is longer than ${maxBytes} bytes`);
      controller.error(error);
      await reader.cancel(error);
    },
    cancel: (reason) => reader.cancel(reason),
  };
  return new Response(new ReadableStream(source, { highWaterMark: 0 }), response);
}
