import type { ErrorCode } from '../domain/errors.ts';
import type { Clock } from '../usecases/ports.ts';
import { PAUSED, retryAfterOf, vendorError } from './errors.ts';
import type { Answered, Http, HttpRequest, Outcome } from './http.ts';
import { type Lane, type Limits, PausedTooLong } from './limits.ts';
import { MAX_ATTEMPTS, retryDelayMs } from './retry.ts';
import type { Secrets } from './secrets.ts';
import { ServerClock } from './server-clock.ts';
import type { Tokens } from './tokens.ts';

export type Family =
  | 'token'
  | 'roster'
  | 'status'
  | 'states'
  | 'presence'
  | 'sessions'
  | 'acw'
  | 'report'
  | 'schedule'
  | 'adjustment';

/** What attempts and the waits between them may take in all, as a multiple of one request's time-out. */
const BUDGET_FACTOR = 4;

/** A call of the vendor's API. */
export interface Call {
  readonly family: Family;
  readonly lane: Lane;
  /** What it is about, as error messages begin: `report of user U1`. */
  readonly what: string;
  /** The scope that a 403 asks for. */
  readonly scope: string;
  /** What a 404 means; `vendor_rejected` unless given. */
  readonly notFound?: ErrorCode;
  readonly request: HttpRequest;
}

/** One attempt, told for the metrics. */
export interface CallRecord {
  readonly family: Family;
  /** The HTTP status, or the code of the failure. */
  readonly outcome: number | string;
  readonly durationMs: number;
}

export interface TransportOptions {
  readonly http: Http;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeoutMs: number;
  readonly onCall?: ((record: CallRecord) => void) | undefined;
}

/** Sends requests within the limits, repeats what may be repeated. Knows nothing of tokens. */
export class Transport {
  /** What the answers so far tell of the vendor's clock. */
  readonly serverClock = new ServerClock();
  readonly #options: TransportOptions;
  readonly #budgetMs: number;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#budgetMs = options.timeoutMs * BUDGET_FACTOR;
  }

  /** One attempt; rejects only for an abort. A 429 makes everybody pause as long as it asks for. */
  async attempt(call: Call, headers: HttpRequest['headers'], signal?: AbortSignal): Promise<Outcome> {
    return this.#attempt(call, headers, this.#options.timeoutMs, signal);
  }

  /**
   * Attempts until an outcome that repeating does not change, `maxAttempts`, or the budget of time is spent;
   * answers with the last outcome. Waiting for one's turn is not counted, pauses that the vendor asks for are.
   */
  async repeat(
    call: Call,
    headers: HttpRequest['headers'],
    signal?: AbortSignal,
    maxAttempts = MAX_ATTEMPTS,
  ): Promise<Outcome> {
    const { clock, random } = this.#options;
    let waitedMs = 0;
    let busyMs = 0;
    for (let attempts = 1; ; attempts += 1) {
      const patienceMs = this.#budgetMs - waitedMs - busyMs;
      const outcome = await this.#attempt(call, headers, patienceMs, signal, (ms) => {
        busyMs += ms;
      });
      const delayMs = retryDelayMs({
        outcome,
        attempts,
        maxAttempts,
        spentMs: waitedMs + busyMs,
        budgetMs: this.#budgetMs,
        retryAfterMs: retryAfterOf(outcome, clock.now()),
        random: random(),
      });
      if (delayMs === undefined) return outcome;
      await clock.sleep(delayMs, signal);
      waitedMs += delayMs;
    }
  }

  async #attempt(
    call: Call,
    headers: HttpRequest['headers'],
    patienceMs: number,
    signal: AbortSignal | undefined,
    tookMs?: (ms: number) => void,
  ): Promise<Outcome> {
    const { clock, http, limits, onCall } = this.#options;
    try {
      const turn = limits.acquire(call.lane, patienceMs, signal);
      if (turn !== undefined) await turn;
    } catch (error) {
      if (error instanceof PausedTooLong) return pausedOutcome(error.pauseMs);
      throw error;
    }
    const startedAt = clock.now();
    try {
      const outcome = await http.send({ ...call.request, headers }, signal);
      const durationMs = Math.max(0, clock.now() - startedAt);
      tookMs?.(durationMs);
      onCall?.({
        family: call.family,
        outcome: outcome.kind === 'answered' ? outcome.status : outcome.code,
        durationMs,
      });
      if (outcome.kind === 'answered') this.serverClock.note(outcome.headers.date, durationMs, clock.now());
      if (outcome.kind === 'answered' && outcome.status === 429) {
        limits.pause(retryAfterOf(outcome, clock.now()) ?? 0);
      }
      return outcome;
    } finally {
      limits.release();
    }
  }
}

function pausedOutcome(pauseMs: number): Outcome {
  return {
    kind: 'failed',
    sent: false,
    code: PAUSED,
    message: `the vendor asked for a pause of ${Math.ceil(pauseMs / 1000)} s`,
    retryAfterMs: pauseMs,
  };
}

/** The vendor's API with a valid token on every request. */
export class Calls {
  readonly #transport: Transport;
  readonly #tokens: Tokens;
  readonly #clock: Clock;
  readonly secrets: Secrets;

  constructor(transport: Transport, tokens: Tokens, secrets: Secrets, clock: Clock) {
    this.#transport = transport;
    this.#tokens = tokens;
    this.secrets = secrets;
    this.#clock = clock;
  }

  /** How long the vendor asks to wait, in milliseconds. */
  retryAfterMs(outcome: Outcome): number | undefined {
    return retryAfterOf(outcome, this.#clock.now());
  }

  /**
   * A call that may be repeated, with one renewal of the token after a 401.
   * @returns the answer when its status is 200 or one of `alsoAccepted`; throws a `VendorError` otherwise.
   */
  read(call: Call, signal?: AbortSignal, alsoAccepted?: number): Promise<Answered> {
    return this.#read(call, signal, alsoAccepted, (headers) => this.#transport.repeat(call, headers, signal));
  }

  /** The same for a caller who asks again by itself and has to notice each failure: tried once. */
  readOnce(call: Call, signal?: AbortSignal, alsoAccepted?: number): Promise<Answered> {
    return this.#read(call, signal, alsoAccepted, (headers) =>
      this.#transport.attempt(call, headers, signal),
    );
  }

  async #read(
    call: Call,
    signal: AbortSignal | undefined,
    alsoAccepted: number | undefined,
    send: (headers: HttpRequest['headers']) => Promise<Outcome>,
  ): Promise<Answered> {
    const outcome = await this.#authorised(call, signal, send);
    if (outcome.kind === 'answered' && (outcome.status === 200 || outcome.status === alsoAccepted)) {
      return outcome;
    }
    throw vendorError(call, outcome, this.secrets, this.#clock.now());
  }

  /**
   * A call that changes something: sent once, and once more after a 401 with a renewed token, because the
   * vendor answers 401 before it looks at the request. Throws when there is no token, and for an abort.
   */
  change(call: Call, signal?: AbortSignal): Promise<Outcome> {
    return this.#authorised(call, signal, (headers) => this.#transport.attempt(call, headers, signal));
  }

  /**
   * A call whose repetition could meet another state than the one it was decided for: sent once. After a 401 the token
   * is given up, so that the next call gets a new one. Throws when there is no token, and for an abort.
   */
  async changeOnce(call: Call, signal?: AbortSignal): Promise<Outcome> {
    const token = this.#tokens.current() ?? (await this.#tokens.get(signal));
    const outcome = await this.#transport.attempt(call, withToken(call, token), signal);
    if (outcome.kind === 'answered' && outcome.status === 401) this.#tokens.invalidate(token);
    return outcome;
  }

  async #authorised(
    call: Call,
    signal: AbortSignal | undefined,
    send: (headers: HttpRequest['headers']) => Promise<Outcome>,
  ): Promise<Outcome> {
    const token = this.#tokens.current() ?? (await this.#tokens.get(signal));
    const outcome = await send(withToken(call, token));
    if (outcome.kind !== 'answered' || outcome.status !== 401) return outcome;
    this.#tokens.invalidate(token);
    return send(withToken(call, await this.#tokens.get(signal)));
  }
}

function withToken(call: Call, token: string): HttpRequest['headers'] {
  return { ...call.request.headers, authorization: `Bearer ${token}` };
}
