import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import type { Clock } from '../usecases/ports.ts';
import { AbortWatch } from './abort.ts';

/** The largest answer that is read, in bytes; a report of a day is some hundred times smaller. */
export const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;
const MAX_CONNECT_MS = 5_000;

/** Code of an exchange that took longer than the total time-out. */
export const TOTAL_TIMEOUT = 'TOTAL_TIMEOUT';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query below the base URL, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Failed {
  readonly kind: 'failed';
  /** False when no byte of the request can have left: the vendor surely did not take it. */
  readonly sent: boolean;
  /** The error's code: Node's, undici's, or one of this folder. */
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** What became of one request. */
export type Outcome = Answered | Failed;

export interface HttpOptions {
  readonly baseUrl: URL;
  readonly maxConnections: number;
  /** For the whole exchange, from asking for a connection to the last byte. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** What carries the requests instead of connections of our own: a simulation without sockets. */
  readonly dispatcher?: Dispatcher | undefined;
}

/**
 * The only place that speaks HTTP. Redirects are not followed, so `Authorization` never leaves the base URL's
 * origin; each body is read to its end or its connection is closed, so none can hold the pool (pitfalls U7).
 */
export class Http {
  readonly #dispatcher: Dispatcher;
  readonly #prefix: string;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #aborts = new AbortWatch();

  constructor(options: HttpOptions) {
    const { baseUrl, timeoutMs } = options;
    this.#prefix = baseUrl.pathname.replace(/\/+$/, '');
    this.#timeoutMs = timeoutMs;
    this.#clock = options.clock;
    this.#dispatcher = options.dispatcher ?? openPool(options);
  }

  /** One exchange. Rejects only when the caller's signal aborts, with its reason. */
  send(request: HttpRequest, signal?: AbortSignal): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const timeout = this.#clock.timeoutSignal(this.#timeoutMs);
      const onTimeout = (): void =>
        exchange.stop(TOTAL_TIMEOUT, `no complete answer within ${this.#timeoutMs} ms`);
      const onAbort = (): void => {
        reject(signal?.reason);
        exchange.stop('ABORTED', 'given up');
      };
      const exchange = new Exchange((outcome) => {
        this.#aborts.leave(timeout, onTimeout);
        if (signal !== undefined) this.#aborts.leave(signal, onAbort);
        resolve(outcome);
      });
      this.#aborts.join(timeout, onTimeout);
      if (signal !== undefined) this.#aborts.join(signal, onAbort);
      this.#dispatch(request, exchange);
    });
  }

  #dispatch(request: HttpRequest, exchange: Exchange): void {
    try {
      this.#dispatcher.dispatch(
        {
          path: `${this.#prefix}${request.path}`,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
        },
        exchange,
      );
    } catch (error) {
      exchange.onResponseError(undefined, error as Error);
    }
  }

  /** Cuts what is under way. */
  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

function openPool({ baseUrl, maxConnections, timeoutMs }: HttpOptions): Pool {
  return new Pool(baseUrl.origin, {
    connections: maxConnections,
    allowH2: false,
    pipelining: 1,
    connect: { timeout: Math.min(MAX_CONNECT_MS, timeoutMs) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_RESPONSE_BYTES,
  });
}

/**
 * Collects one answer. It is a handler of undici's `dispatch` instead of a call of `request` because only the
 * handler learns whether the request was handed to a connection, which decides between *surely not taken* and
 * *unknown*; it is also half as dear (speed.md, Fetching).
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #settle: (outcome: Outcome) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];

  constructor(settle: (outcome: Outcome) => void) {
    this.#settle = settle;
  }

  /** Gives up: the connection is closed, whatever was to come is ignored. */
  stop(code: string, message: string): void {
    if (this.#settled) return;
    const controller = this.#controller;
    this.#finish({ kind: 'failed', sent: controller !== undefined, code, message });
    controller?.abort(new Error(message));
  }

  /** Called just before the first byte is written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) controller.abort(new Error('given up before it was sent'));
    else this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#settled) this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const chunks = this.#chunks;
    const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    const text = bytes.toString('utf8');
    this.#finish({
      kind: 'answered',
      status: this.#status,
      headers: this.#headers,
      text: text.charCodeAt(0) === 0xfeff ? text.slice(1) : text,
    });
  }

  onResponseError(_controller: unknown, error: Error): void {
    const { code, name, message } = error as NodeJS.ErrnoException;
    this.#finish({
      kind: 'failed',
      sent: this.#controller !== undefined,
      code: typeof code === 'string' ? code : name,
      message: message === '' ? name : message,
    });
  }

  #finish(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#chunks = [];
    this.#settle(outcome);
  }
}
