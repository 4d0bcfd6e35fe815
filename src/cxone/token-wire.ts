import * as oauth from 'openid-client';
import type { Clock } from '../usecases/ports.ts';
import type { Call, Transport } from './calls.ts';
import { describe, VendorError, vendorError } from './errors.ts';
import type { Secrets } from './secrets.ts';

/** The grants of vendor-api.md 1. */
export type GrantType = 'client_credentials' | 'password' | 'refresh_token' | 'authorization_code';

/** What the token endpoints are called for. */
export type Purpose = GrantType | 'revocation';

export interface TokenWireSettings {
  readonly baseUrl: URL;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
}

export interface TokenWireDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly secrets: Secrets;
}

/** As messages begin. */
export const WHAT: Readonly<Record<Purpose, string>> = {
  client_credentials: 'token (client_credentials)',
  password: 'token (password)',
  refresh_token: 'token (refresh_token)',
  authorization_code: 'token (authorization_code)',
  revocation: 'revoking the token',
};

const HINTS: Readonly<Record<Purpose, string>> = {
  client_credentials: 'Check CXONE_CLIENT_ID, CXONE_CLIENT_SECRET and CXONE_SCOPES.',
  password: 'Check CXONE_USERNAME, CXONE_PASSWORD, CXONE_CLIENT_ID, CXONE_CLIENT_SECRET and CXONE_SCOPES.',
  refresh_token:
    'If it has expired, was revoked or was spent, log in again (adherence login) or set a new CXONE_REFRESH_TOKEN. ' +
    'Check CXONE_CLIENT_ID and CXONE_CLIENT_SECRET too.',
  authorization_code: 'Check CXONE_CLIENT_ID and CXONE_CLIENT_SECRET, then log in again.',
  revocation: 'Check CXONE_CLIENT_ID and CXONE_CLIENT_SECRET.',
};

const PATHS = { token: '/oauth/token', revocation: '/oauth/revoke' } as const;

/** Lets openid-client speak through our transport: with its limits, repeats and errors. */
export class TokenWire {
  /** The base URL without a closing slash, which is also the issuer that the answer to a login may name. */
  readonly issuer: string;
  readonly #settings: TokenWireSettings;
  readonly #deps: TokenWireDeps;
  readonly #closing = new AbortController();

  constructor(settings: TokenWireSettings, deps: TokenWireDeps) {
    this.issuer = settings.baseUrl.href.replace(/\/+$/, '');
    this.#settings = settings;
    this.#deps = deps;
  }

  /** Gives up what is under way. */
  close(reason: Error): void {
    this.#closing.abort(reason);
  }

  /** The endpoints are known, nothing is discovered; time-outs and limits are those of the transport. */
  configure(purpose: Purpose, attempts?: number): oauth.Configuration {
    const { baseUrl, clientId, clientSecret } = this.#settings;
    const configuration = new oauth.Configuration(
      {
        issuer: this.issuer,
        authorization_endpoint: `${this.issuer}/oauth/authorize`,
        token_endpoint: `${this.issuer}${PATHS.token}`,
        revocation_endpoint: `${this.issuer}${PATHS.revocation}`,
      },
      clientId,
      undefined,
      clientSecret === undefined ? oauth.None() : oauth.ClientSecretPost(clientSecret),
    );
    configuration.timeout = 0;
    configuration[oauth.customFetch] = (_url, options) =>
      this.#fetch(purpose, String(options.body), options.headers, attempts);
    // Whoever opens the vendor lets plain http only through to a loopback address.
    if (baseUrl.protocol === 'http:') oauth.allowInsecureRequests(configuration);
    return configuration;
  }

  /**
   * openid-client's errors carry the vendor's whole answer, so none of them goes on as a cause; what our own
   * fetch threw comes back wrapped.
   */
  explained(purpose: Purpose, error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    if (this.#closing.signal.aborted) return this.#closing.signal.reason;
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      if (cause instanceof VendorError) return cause;
    }
    return new VendorError(
      'vendor_malformed',
      `${WHAT[purpose]}: ${this.#deps.secrets.scrub(causes(error))}`,
    );
  }

  async #fetch(
    purpose: Purpose,
    body: string,
    headers: Record<string, string>,
    attempts: number | undefined,
  ): Promise<Response> {
    const { transport, secrets, clock } = this.#deps;
    const call = this.#call(purpose, body);
    const signal = this.#closing.signal;
    const outcome = await transport.repeat(call, { ...headers, ...call.request.headers }, signal, attempts);
    if (outcome.kind === 'answered' && outcome.status === 200) {
      return new Response(withoutIdToken(outcome.text), { headers: { 'content-type': 'application/json' } });
    }
    if (outcome.kind === 'answered' && [400, 401, 403].includes(outcome.status)) {
      throw new VendorError('vendor_unauthorized', `${call.what}: ${describe(outcome, secrets)}`, {
        status: outcome.status,
        hint: HINTS[purpose],
      });
    }
    throw vendorError(call, outcome, secrets, clock.now());
  }

  #call(purpose: Purpose, body: string): Call {
    const path = purpose === 'revocation' ? PATHS.revocation : PATHS.token;
    return {
      family: 'token',
      lane: 'control',
      what: WHAT[purpose],
      scope: this.#settings.scopes.join(' '),
      request: { method: 'POST', path, headers: {}, body },
    };
  }
}

/** openid-client says what happened in the error and where in its cause. */
export function causes(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** Who the person is, signed by the vendor's clock, is not asked here: a clock that is off would refuse the token. */
function withoutIdToken(text: string): string {
  try {
    const answer = JSON.parse(text) as unknown;
    if (typeof answer !== 'object' || answer === null || !('id_token' in answer)) return text;
    return JSON.stringify({ ...answer, id_token: undefined });
  } catch {
    return text;
  }
}
