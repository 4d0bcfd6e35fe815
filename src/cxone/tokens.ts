import type { Instant } from '../domain/instant.ts';
import type { Clock, Log } from '../usecases/ports.ts';
import { unlessAborted } from './abort.ts';

/** After a renewal that failed while the old token still holds, the next one is tried no sooner than this. */
const RENEW_AGAIN_MS = 30_000;

/** An access token and when to leave it, by our own clock. */
export interface Issued {
  readonly accessToken: string;
  readonly renewAt: Instant;
  readonly expiresAt: Instant;
  /** What the vendor said it granted; `undefined` when it did not say. */
  readonly scopes: readonly string[] | undefined;
}

/** Where tokens come from: a grant of the service account, or what a person's login left. */
export interface TokenSource {
  /**
   * A token that is good from now on.
   * @param attempts at most; as many as any other call makes unless given
   * @param refused the access token that the vendor does not take any more, where that is why
   */
  obtain(attempts?: number, refused?: string): Promise<Issued>;
}

export interface TokenDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** The access token: got once for all who wait, renewed before it expires, got again after a 401. */
export class Tokens {
  readonly #source: TokenSource;
  readonly #deps: TokenDeps;
  #issued: Issued | undefined;
  #refused: string | undefined;
  #renewal: Promise<Issued> | undefined;

  constructor(source: TokenSource, deps: TokenDeps) {
    this.#source = source;
    this.#deps = deps;
  }

  /** The token when it needs no renewal; the quick way, without a promise. */
  current(): string | undefined {
    return this.#fresh()?.accessToken;
  }

  /**
   * A token that can be used now. Throws `vendor_unauthorized` when the vendor refuses the credentials,
   * `vendor_unavailable`, `vendor_rate_limited` or `vendor_malformed` as any other call; an abort by the caller
   * leaves the renewal to the others who wait for it.
   */
  async get(signal?: AbortSignal): Promise<string> {
    return (await this.issued(signal)).accessToken;
  }

  /** The same with when it expires and what it is for. */
  issued(signal?: AbortSignal): Promise<Issued> {
    const issued = this.#fresh();
    if (issued !== undefined) return Promise.resolve(issued);
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    return unlessAborted(this.#renewal, signal);
  }

  /** Another token has taken the place of ours, as when somebody else logged in: the next call gets that one. */
  replace(token: string): void {
    if (this.#issued?.accessToken !== token) this.#issued = undefined;
  }

  /** The vendor refused this token. Does nothing when it has been replaced meanwhile. */
  invalidate(token: string): void {
    if (this.#issued?.accessToken !== token) return;
    this.#issued = undefined;
    this.#refused = token;
  }

  #fresh(): Issued | undefined {
    const issued = this.#issued;
    return issued !== undefined && this.#deps.clock.now() < issued.renewAt ? issued : undefined;
  }

  async #renew(): Promise<Issued> {
    const old = this.#issued;
    const { clock, log } = this.#deps;
    const usable = old !== undefined && clock.now() < old.expiresAt;
    try {
      // While the old token holds, one attempt has to do: those who wait for it could go on meanwhile.
      this.#issued = await this.#source.obtain(usable ? 1 : undefined, this.#refused);
      this.#refused = undefined;
    } catch (error) {
      if (!usable || this.#issued !== old || clock.now() >= old.expiresAt) throw error;
      log.warn({ err: error }, 'the token could not be renewed, the old one is used while it holds');
      this.#issued = { ...old, renewAt: Math.min(old.expiresAt, clock.now() + RENEW_AGAIN_MS) };
    }
    return this.#issued;
  }
}
