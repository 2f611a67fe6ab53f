/** Bytes of an answer's head and, where it is read here, of its body. */
const answerLimit = 131_072;

/** Reads the head of an HTTP/1.1 answer and, unless it is to be kept on the connection, the little body that comes with a refusal. */
export class RelayAnswer {
  status = 0;
  headers: Readonly<Record<string, string | string[]>> = {};
  /** The body; of a kept one, what came together with the head. */
  body: Buffer = Buffer.alloc(0);
  /** True when the body is left to whoever asked for it. */
  isKept = false;
  keepsBody: (answer: RelayAnswer) => boolean = () => false;
  #received: Buffer = Buffer.alloc(0);
  #hasHead = false;

  /** The length that the head gives, when it gives one and nothing else. */
  get length(): number | undefined {
    const { 'content-length': length, 'transfer-encoding': encoding } = this.headers;
    return typeof length === 'string' && /^\d+$/.test(length) && encoding === undefined
      ? Number(length)
      : undefined;
  }

  /** @returns true when the answer is complete. */
  add(bytes: Uint8Array): boolean {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (!this.#hasHead) {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end < 0) {
        if (this.#received.byteLength > answerLimit) throw malformed('its head has no end');
        return false;
      }
      this.#readHead(this.#received.toString('latin1', 0, end));
      this.#received = this.#received.subarray(end + 4);
    }
    if (this.keepsBody(this)) {
      this.isKept = true;
      this.body = this.#received;
      return true;
    }
    return this.#isComplete();
  }

  /** The connection has ended. @returns true when the answer is complete with that. */
  end(): boolean {
    if (!this.#hasHead || this.isKept) return false;
    this.body = this.#received;
    return this.length === undefined || this.length <= this.#received.byteLength;
  }

  #isComplete(): boolean {
    const isChunked = this.headers['transfer-encoding'] !== undefined;
    const isWhole =
      this.status === 204 ||
      this.#received.byteLength > answerLimit ||
      (isChunked
        ? this.#received.includes('\r\n0\r\n')
        : (this.length ?? Number.POSITIVE_INFINITY) <= this.#received.byteLength);
    this.body = isChunked ? withoutFrames(this.#received) : this.#received;
    return isWhole;
  }

  #readHead(text: string): void {
    const [start, ...lines] = text.split('\r\n');
    const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(start!)?.[1];
    if (status === undefined) throw malformed('it does not start as one');
    // 1xx only announce the answer.
    if (status.startsWith('1')) return;
    const headers: Record<string, string | string[]> = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      if (colon < 1 || /\s/.test(line.slice(0, colon))) throw malformed('a header field is broken');
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      const before = headers[name];
      headers[name] = before === undefined ? value : [before, value].flat();
    }
    this.status = Number(status);
    this.headers = headers;
    this.#hasHead = true;
  }
}

/** The content of a chunked body as far as it is there. */
function withoutFrames(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let position = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', position);
    const size = lineEnd < 0 ? 0 : Number.parseInt(body.toString('latin1', position, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    position = lineEnd + 2 + size + 2;
  }
}

function malformed(why: string): Error {
  return Object.assign(new Error(`the answer is no HTTP/1.1: ${why}`), { code: 'HPE_INVALID_CONSTANT' });
}
