import * as oauth from 'openid-client';
import { VendorError } from './errors.ts';
import {
  causes,
  type GrantType,
  TokenWire,
  type TokenWireDeps,
  type TokenWireSettings,
  WHAT,
} from './token-wire.ts';
import type { Issued } from './tokens.ts';
import { vendorWords } from './vendor-words.ts';

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

/**
 * The vendor's token endpoints. How long a token lives is counted from its arrival, by our own clock; the vendor's
 * clock is never compared with it. All grants throw `vendor_unauthorized` when the vendor refuses,
 * `vendor_unavailable`, `vendor_rate_limited` or `vendor_malformed` as any other call. `attempts` is how many there
 * may be; as many as any other call makes unless given.
 */
export class TokenEndpoint {
  readonly clientId: string;
  readonly #wire: TokenWire;
  readonly #deps: TokenWireDeps;
  readonly #scope: Readonly<Record<string, string>>;

  constructor(settings: TokenWireSettings, deps: TokenWireDeps) {
    this.clientId = settings.clientId;
    this.#wire = new TokenWire(settings, deps);
    this.#deps = deps;
    this.#scope = settings.scopes.length === 0 ? {} : { scope: settings.scopes.join(' ') };
  }

  get issuer(): string {
    return this.#wire.issuer;
  }

  /** Gives up what is under way. */
  close(reason: Error): void {
    this.#wire.close(reason);
  }

  clientCredentials(attempts?: number): Promise<IssuedTokens> {
    return this.#grant('client_credentials', attempts, (configuration) =>
      oauth.clientCredentialsGrant(configuration, this.#scope),
    );
  }

  password(username: string, password: string, attempts?: number): Promise<IssuedTokens> {
    return this.#grant('password', attempts, (configuration) =>
      oauth.genericGrantRequest(configuration, 'password', { username, password, ...this.#scope }),
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
    const url = oauth.buildAuthorizationUrl(this.#wire.configure('authorization_code'), {
      redirect_uri: redirectUri,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      ...this.#scope,
    });
    return { url, verifier, state };
  }

  /**
   * Takes what came back to the redirect URI, checks its state and, where it is named, its issuer, and spends the
   * code. Throws also `login_required`, for an answer that is no login.
   */
  login(request: LoginRequest, answered: URL): Promise<IssuedTokens> {
    const checks = { pkceCodeVerifier: request.verifier, expectedState: request.state };
    return this.#grant('authorization_code', undefined, async (configuration) => {
      const fetch = configuration[oauth.customFetch] as oauth.CustomFetch;
      let isTaken = false;
      configuration[oauth.customFetch] = (...asked) => {
        isTaken = true;
        return fetch(...asked);
      };
      try {
        return await oauth.authorizationCodeGrant(configuration, answered, checks);
      } catch (error) {
        throw isTaken ? error : this.#noLogin(error as Error);
      }
    });
  }

  /** Makes a refresh token worthless at the vendor. */
  async revoke(refreshToken: string): Promise<void> {
    const configuration = this.#wire.configure('revocation');
    try {
      await oauth.tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' });
    } catch (error) {
      throw this.#wire.explained('revocation', error);
    }
  }

  async #grant(
    grant: GrantType,
    attempts: number | undefined,
    ask: (configuration: oauth.Configuration) => Promise<oauth.TokenEndpointResponse>,
  ): Promise<IssuedTokens> {
    let answer: oauth.TokenEndpointResponse;
    try {
      answer = await ask(this.#wire.configure(grant, attempts));
    } catch (error) {
      throw this.#wire.explained(grant, error);
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

  #noLogin(error: Error): VendorError {
    const scrub = (text: string): string => this.#deps.secrets.scrub(text);
    if (error instanceof oauth.AuthorizationResponseError) {
      const { error: code, error_description: description } = error;
      const words = vendorWords(JSON.stringify({ error: code, error_description: description }), {}, scrub);
      return new VendorError('login_required', `the vendor did not log you in: ${words}`, {
        hint: code === 'access_denied' ? undefined : 'Check CXONE_CLIENT_ID and CXONE_SCOPES.',
      });
    }
    const message = `what came back is not the answer to this login: ${scrub(causes(error))}`;
    return new VendorError('login_required', message, { hint: 'Open the link that was printed last.' });
  }
}

/** How long after its issue a token that lives for `lifeMs` is renewed, in milliseconds. Pure. */
export function renewAfterMs(lifeMs: number): number {
  const afterMs = lifeMs - RENEW_BEFORE_MS;
  return afterMs >= MIN_USE_MS ? afterMs : lifeMs / 2;
}
