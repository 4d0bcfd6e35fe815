import * as oauth from 'openid-client';
import type { Clock } from '../usecases/ports.ts';
import type { Call, Transport } from './calls.ts';
import { describe, VendorError, vendorError } from './errors.ts';
import type { Secrets } from './secrets.ts';
import type { Issued } from './tokens.ts';

/** The grants of vendor-api.md 1. */
export type GrantType = 'client_credentials' | 'password' | 'refresh_token' | 'authorization_code';

export interface TokenEndpointSettings {
  readonly baseUrl: URL;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
}

export interface TokenEndpointDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly secrets: Secrets;
}

/** What the vendor issued. A refresh token is there only in a user context. */
export interface IssuedTokens extends Issued {
  readonly refreshToken: string | undefined;
}

/** What a login has to remember between its link and the answer to it. */
export interface LoginRequest {
  readonly url: URL;
  readonly verifier: string;
  readonly state: string;
}

/** A token is renewed this long before it expires (vendor-api.md 1). */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A token that would be renewed within this time of its issue is renewed at half its life instead. */
const MIN_USE_MS = 60_000;

/** The vendor's token endpoints. How long a token lives is counted from its arrival, by our own clock. */
export class TokenEndpoint {
  /** The base URL without a closing slash, which is also the issuer that answers to a login may name. */
  readonly issuer: string;
  readonly clientId: string;
  readonly #settings: TokenEndpointSettings;
  readonly #deps: TokenEndpointDeps;
  readonly #closing = new AbortController();

  constructor(settings: TokenEndpointSettings, deps: TokenEndpointDeps) {
    this.issuer = settings.baseUrl.href.replace(/\/+$/, '');
    this.clientId = settings.clientId;
    this.#settings = settings;
    this.#deps = deps;
  }

  /** Gives up what is under way. */
  close(reason: Error): void {
    this.#closing.abort(reason);
  }

  /**
   * All grants throw `vendor_unauthorized` when the vendor refuses, `vendor_unavailable`, `vendor_rate_limited` or
   * `vendor_malformed` as any other call.
   * @param attempts at most; as many as any other call makes unless given
   */
  clientCredentials(attempts?: number): Promise<IssuedTokens> {
    return this.#grant('client_credentials', attempts, (configuration) =>
      oauth.clientCredentialsGrant(configuration, this.#scope()),
    );
  }

  password(username: string, password: string, attempts?: number): Promise<IssuedTokens> {
    return this.#grant('password', attempts, (configuration) =>
      oauth.genericGrantRequest(configuration, 'password', { username, password, ...this.#scope() }),
    );
  }

  /** Without scopes it is for those that were granted; naming more than those would be refused. */
  refresh(refreshToken: string, attempts?: number): Promise<IssuedTokens> {
    return this.#grant('refresh_token', attempts, (configuration) =>
      oauth.refreshTokenGrant(configuration, refreshToken),
    );
  }

  /** The link that a person opens to log in, with PKCE and a state of its own. */
  async loginRequest(redirectUri: string): Promise<LoginRequest> {
    const verifier = oauth.randomPKCECodeVerifier();
    const state = oauth.randomState();
    const url = oauth.buildAuthorizationUrl(this.#configure('authorization_code', undefined), {
      redirect_uri: redirectUri,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      ...this.#scope(),
    });
    return { url, verifier, state };
  }

  /** Takes what came back to the redirect URI, checks its state and, where it is named, its issuer, and spends the code. */
  login({ verifier, state }: LoginRequest, answered: URL): Promise<IssuedTokens> {
    return this.#grant('authorization_code', undefined, (configuration) =>
      oauth.authorizationCodeGrant(configuration, answered, {
        pkceCodeVerifier: verifier,
        expectedState: state,
      }),
    );
  }

  /** Makes a refresh token worthless at the vendor. Throws as the grants do. */
  async revoke(refreshToken: string): Promise<void> {
    const configuration = this.#configure('revocation', undefined);
    try {
      await oauth.tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' });
    } catch (error) {
      throw this.#explained('revocation', error);
    }
  }

  #scope(): Record<string, string> {
    const { scopes } = this.#settings;
    return scopes.length === 0 ? {} : { scope: scopes.join(' ') };
  }

  async #grant(
    grant: GrantType,
    attempts: number | undefined,
    ask: (configuration: oauth.Configuration) => Promise<oauth.TokenEndpointResponse>,
  ): Promise<IssuedTokens> {
    let answer: oauth.TokenEndpointResponse;
    try {
      answer = await ask(this.#configure(grant, attempts));
    } catch (error) {
      throw this.#explained(grant, error);
    }
    return this.#read(grant, answer);
  }

  #read(grant: GrantType, answer: oauth.TokenEndpointResponse): IssuedTokens {
    const { secrets, clock } = this.#deps;
    secrets.add(answer.access_token);
    if (answer.refresh_token !== undefined) secrets.add(answer.refresh_token);
    if (answer.expires_in === undefined) {
      throw new VendorError('vendor_malformed', `${WHAT[grant]}: expires_in is missing`);
    }
    const lifeMs = answer.expires_in * 1000;
    const now = clock.now();
    return {
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token,
      renewAt: now + renewAfterMs(lifeMs),
      expiresAt: now + lifeMs,
      scopes: answer.scope?.split(' ').filter((scope) => scope !== ''),
    };
  }

  /**
   * openid-client's errors carry the vendor's whole answer, so none of them goes on as a cause; what our own
   * fetch threw comes back wrapped.
   */
  #explained(purpose: Purpose, error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    if (this.#closing.signal.aborted) return this.#closing.signal.reason;
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      if (cause instanceof VendorError) return cause;
    }
    const inner = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    const message = `${WHAT[purpose]}: ${error.message}${inner}`;
    return new VendorError('vendor_malformed', this.#deps.secrets.scrub(message));
  }

  /** The endpoints are known, nothing is discovered; time-outs and limits are those of the transport. */
  #configure(purpose: Purpose, attempts: number | undefined): oauth.Configuration {
    const { baseUrl, clientSecret } = this.#settings;
    const configuration = new oauth.Configuration(
      {
        issuer: this.issuer,
        authorization_endpoint: `${this.issuer}/oauth/authorize`,
        token_endpoint: `${this.issuer}${PATHS.token}`,
        revocation_endpoint: `${this.issuer}${PATHS.revocation}`,
      },
      this.clientId,
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
    return {
      family: 'token',
      lane: 'control',
      what: WHAT[purpose],
      scope: this.#settings.scopes.join(' '),
      request: {
        method: 'POST',
        path: purpose === 'revocation' ? PATHS.revocation : PATHS.token,
        headers: {},
        body,
      },
    };
  }
}

type Purpose = GrantType | 'revocation';

const PATHS = { token: '/oauth/token', revocation: '/oauth/revoke' } as const;

/** As messages begin. */
const WHAT: Readonly<Record<Purpose, string>> = {
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
    'The refresh token has expired, was revoked or was spent: log in again with `adherence login`, or set a new ' +
    'CXONE_REFRESH_TOKEN. Check CXONE_CLIENT_ID and CXONE_CLIENT_SECRET too.',
  authorization_code: 'Check CXONE_CLIENT_ID and CXONE_CLIENT_SECRET, then log in again.',
  revocation: 'Check CXONE_CLIENT_ID and CXONE_CLIENT_SECRET.',
};

/** How long after its issue a token that lives for `lifeMs` is renewed, in milliseconds. Pure. */
export function renewAfterMs(lifeMs: number): number {
  const afterMs = lifeMs - RENEW_BEFORE_MS;
  return afterMs >= MIN_USE_MS ? afterMs : lifeMs / 2;
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
