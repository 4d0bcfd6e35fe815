import * as oauth from 'openid-client';
import type { Instant } from '../domain/instant.ts';
import type { Clock, Log } from '../usecases/ports.ts';
import type { Call, Transport } from './calls.ts';
import { describe, VendorError, vendorError } from './errors.ts';
import type { Secrets } from './secrets.ts';

export type Grant = 'client_credentials' | 'password' | 'refresh_token';

/** A token is renewed this long before it expires (vendor-api.md 1). */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A token that would be renewed within this time of its issue is renewed at half its life instead. */
const MIN_USE_MS = 60_000;
/** After a renewal that failed while the old token still holds, the next one is tried no sooner than this. */
const RENEW_AGAIN_MS = 30_000;

export interface TokenSettings {
  readonly baseUrl: URL;
  readonly grant: Grant;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly refreshToken: string | undefined;
  readonly scopes: readonly string[];
}

export interface TokenDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets: Secrets;
  /** Stores a rotated refresh token; the new access token is not used before it resolves. */
  readonly onRefreshToken?: ((token: string) => Promise<void>) | undefined;
}

interface Issued {
  readonly accessToken: string;
  readonly renewAt: Instant;
  readonly expiresAt: Instant;
}

/** The access token: got once for all who wait, renewed before it expires, got again after a 401. */
export class Tokens {
  readonly #settings: TokenSettings;
  readonly #deps: TokenDeps;
  readonly #configuration: oauth.Configuration;
  readonly #closing = new AbortController();
  #issued: Issued | undefined;
  #refreshToken: string | undefined;
  /** Issued together with a refresh token that is not stored yet. */
  #unstored: Issued | undefined;
  #renewal: Promise<string> | undefined;
  #attempts: number | undefined;

  constructor(settings: TokenSettings, deps: TokenDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#refreshToken = settings.refreshToken;
    this.#configuration = this.#configure();
  }

  /** The token when it needs no renewal; the quick way, without a promise. */
  current(): string | undefined {
    const issued = this.#issued;
    return issued !== undefined && this.#deps.clock.now() < issued.renewAt ? issued.accessToken : undefined;
  }

  /**
   * A token that can be used now. Throws `vendor_unauthorized` when the vendor refuses the credentials,
   * `vendor_unavailable`, `vendor_rate_limited` or `vendor_malformed` as any other call; an abort by the caller
   * leaves the renewal to the others who wait for it.
   */
  get(signal?: AbortSignal): Promise<string> {
    const token = this.current();
    if (token !== undefined) return Promise.resolve(token);
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    return unlessAborted(this.#renewal, signal);
  }

  /** The vendor refused this token. Does nothing when it has been replaced meanwhile. */
  invalidate(token: string): void {
    if (this.#issued?.accessToken === token) this.#issued = undefined;
  }

  /** Gives up a renewal that is under way. */
  close(reason: Error): void {
    this.#closing.abort(reason);
  }

  async #renew(): Promise<string> {
    const old = this.#issued;
    const { clock, log } = this.#deps;
    const usable = old !== undefined && clock.now() < old.expiresAt;
    try {
      // While the old token holds, one attempt has to do: those who wait for it could go on meanwhile.
      return await this.#obtain(usable ? 1 : undefined);
    } catch (error) {
      if (!usable || this.#issued !== old || clock.now() >= old.expiresAt) throw error;
      log.warn({ err: error }, 'the token could not be renewed, the old one is used while it holds');
      this.#issued = { ...old, renewAt: Math.min(old.expiresAt, clock.now() + RENEW_AGAIN_MS) };
      return old.accessToken;
    }
  }

  async #obtain(attempts: number | undefined): Promise<string> {
    if (this.#unstored === undefined) {
      this.#attempts = attempts;
      const answer = await this.#ask();
      const issued = this.#read(answer);
      if (answer.refresh_token === undefined || answer.refresh_token === this.#refreshToken) {
        return this.#use(issued);
      }
      this.#deps.secrets.add(answer.refresh_token);
      this.#refreshToken = answer.refresh_token;
      this.#unstored = issued;
    }
    // A rotated token that could not be stored is stored first thing next time: asking again would rotate it again.
    if (this.#settings.grant === 'refresh_token' && this.#refreshToken !== undefined) {
      await this.#deps.onRefreshToken?.(this.#refreshToken);
    }
    const issued = this.#unstored;
    this.#unstored = undefined;
    return this.#use(issued);
  }

  #use(issued: Issued): string {
    this.#issued = issued;
    return issued.accessToken;
  }

  #read(answer: oauth.TokenEndpointResponse): Issued {
    this.#deps.secrets.add(answer.access_token);
    if (answer.expires_in === undefined) {
      throw new VendorError('vendor_malformed', `${this.#call('').what}: expires_in is missing`);
    }
    const lifeMs = answer.expires_in * 1000;
    const now = this.#deps.clock.now();
    return {
      accessToken: answer.access_token,
      renewAt: now + renewAfterMs(lifeMs),
      expiresAt: now + lifeMs,
    };
  }

  async #ask(): Promise<oauth.TokenEndpointResponse> {
    const { grant, scopes, username, password } = this.#settings;
    const scope: Record<string, string> = scopes.length === 0 ? {} : { scope: scopes.join(' ') };
    try {
      switch (grant) {
        case 'client_credentials':
          return await oauth.clientCredentialsGrant(this.#configuration, scope);
        case 'password':
          return await oauth.genericGrantRequest(this.#configuration, 'password', {
            username: username ?? '',
            password: password ?? '',
            ...scope,
          });
        case 'refresh_token':
          return await oauth.refreshTokenGrant(this.#configuration, this.#refreshToken ?? '', scope);
      }
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /**
   * openid-client's errors carry the vendor's whole answer, so none of them goes on as a cause; what our own
   * fetch threw comes back wrapped.
   */
  #explained(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    if (this.#closing.signal.aborted) return this.#closing.signal.reason;
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      if (cause instanceof VendorError) return cause;
    }
    const inner = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    const message = `${this.#call('').what}: ${error.message}${inner}`;
    return new VendorError('vendor_malformed', this.#deps.secrets.scrub(message));
  }

  /** The endpoints are known, nothing is discovered; time-outs and limits are those of the transport. */
  #configure(): oauth.Configuration {
    const { baseUrl, clientId, clientSecret } = this.#settings;
    const base = baseUrl.href.replace(/\/+$/, '');
    const configuration = new oauth.Configuration(
      { issuer: base, token_endpoint: `${base}/oauth/token` },
      clientId,
      undefined,
      clientSecret === undefined ? oauth.None() : oauth.ClientSecretPost(clientSecret),
    );
    configuration.timeout = 0;
    configuration[oauth.customFetch] = (_url, options) => this.#fetch(String(options.body), options.headers);
    // Whoever opens the vendor lets plain http only through to a loopback address.
    if (baseUrl.protocol === 'http:') oauth.allowInsecureRequests(configuration);
    return configuration;
  }

  async #fetch(body: string, headers: Record<string, string>): Promise<Response> {
    const call = this.#call(body);
    const outcome = await this.#deps.transport.repeat(
      call,
      { ...headers, ...call.request.headers },
      this.#closing.signal,
      this.#attempts,
    );
    const { secrets, clock } = this.#deps;
    if (outcome.kind === 'answered' && outcome.status === 200) {
      return new Response(outcome.text, { headers: { 'content-type': 'application/json' } });
    }
    if (outcome.kind === 'answered' && [400, 401, 403].includes(outcome.status)) {
      throw new VendorError('vendor_unauthorized', `${call.what}: ${describe(outcome, secrets)}`, {
        status: outcome.status,
        hint: `Check ${CREDENTIALS[this.#settings.grant]}.`,
      });
    }
    throw vendorError(call, outcome, secrets, clock.now());
  }

  #call(body: string): Call {
    return {
      family: 'token',
      lane: 'control',
      what: `token (${this.#settings.grant})`,
      scope: this.#settings.scopes.join(' '),
      request: { method: 'POST', path: '/oauth/token', headers: {}, body },
    };
  }
}

const CREDENTIALS: Readonly<Record<Grant, string>> = {
  client_credentials: 'CXONE_CLIENT_ID, CXONE_CLIENT_SECRET and CXONE_SCOPES',
  password: 'CXONE_USERNAME, CXONE_PASSWORD, CXONE_CLIENT_ID, CXONE_CLIENT_SECRET and CXONE_SCOPES',
  refresh_token:
    'CXONE_REFRESH_TOKEN (log in again when it has expired), CXONE_CLIENT_ID and CXONE_CLIENT_SECRET',
};

/** How long after its issue a token that lives for `lifeMs` is renewed, in milliseconds. Pure. */
export function renewAfterMs(lifeMs: number): number {
  const afterMs = lifeMs - RENEW_BEFORE_MS;
  return afterMs >= MIN_USE_MS ? afterMs : lifeMs / 2;
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
