export class AnswerTooLongError extends Error {
  override readonly name = "AnswerTooLongError";
}

/** The response with its body read, at most `maxBytes` of it, after decompression. @throws AnswerTooLongError */
export async function boundBody(response: Response, maxBytes: number): Promise<Response> {
  if (!response.body) return response;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body.getReader(); // not every project's types know that a body is iterable
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      throw new AnswerTooLongError(`the answer is longer than ${maxBytes} bytes`);
    }
    chunks.push(next.value);
  }
  return new Response(bytes ? Buffer.concat(chunks) : null, response);
}
