/** Time limits in ms. */
const FIRST_BYTE = 5_000; // from the end of the request to the headers of the response
const IDLE = 60_000; // between two chunks of a body

export class TooLongError extends Error {
  override readonly name = "TooLongError";
}

/** Aborts a call if nothing arrives for too long. There is no limit for the whole call. */
export class Watchdog {
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** The side that has to send the next chunk. */
  waitsFor: "browser" | "api" = "api";

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  expectFirstByte(): void {
    this.#expect("api", FIRST_BYTE);
  }

  expectMore(from: "browser" | "api"): void {
    this.#expect(from, IDLE);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  abort(reason: Error): void {
    this.stop();
    this.#abort.abort(reason);
  }

  #expect(from: "browser" | "api", time: number): void {
    this.stop();
    this.waitsFor = from;
    const silent = new DOMException(`the ${from} sent nothing for ${time / 1_000} s`, "TimeoutError");
    this.#timer = setTimeout(() => this.abort(silent), time);
  }
}

interface Passing {
  readonly maxBytes: number;
  readonly onChunk: () => void;
  readonly onEnd: () => void;
  readonly onTooLong: (error: TooLongError) => void;
}

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Streams a body chunk by chunk, only as fast as its reader reads. */
export function relay(body: Body, { maxBytes, onChunk, onEnd, onTooLong }: Passing): Body {
  const reader = body.getReader();
  let bytes = 0;
  const source: UnderlyingDefaultSource<Uint8Array<ArrayBuffer>> = {
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) {
        onEnd();
        return controller.close();
      }
      bytes += value.byteLength;
      if (bytes > maxBytes) {
        const error = new TooLongError(`the body is longer than ${maxBytes} bytes`);
        onTooLong(error);
        throw error;
      }
      onChunk();
      controller.enqueue(value);
    },
    cancel(reason) {
      onEnd();
      return reader.cancel(reason);
    },
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}
