export class AnswerTooLongError extends Error {
  override readonly name = "AnswerTooLongError";
}

/** The response with its body read, at most `maxBytes` of it, after decompression. @throws AnswerTooLongError */
export async function boundBody(response: Response, maxBytes: number): Promise<Response> {
  if (!response.body) return response;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new AnswerTooLongError(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Response(bytes ? Buffer.concat(chunks) : null, response);
}
