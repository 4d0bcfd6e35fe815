import { createHash } from 'node:crypto';
import type { Instant } from '../domain/instant.ts';
import { Counters } from './counters.ts';
import { keyOf, mix, randomOf } from './rng.ts';

export const SCOPES = [
  'agent:read',
  'agent:write',
  'agent:state:read',
  'user:read',
  'telephony:write',
  'report:read',
  'session:manage',
] as const;

/** A program that may ask for tokens. */
export interface Client {
  readonly id: string;
  readonly secret: string;
  /** What it may be granted. */
  readonly scopes: readonly string[];
}

/** What a token stands for. */
export interface Grant {
  readonly clientId: string;
  /** The person on whose behalf it acts; `undefined` without a user context. */
  readonly username: string | undefined;
  readonly scopes: ReadonlySet<string>;
}

interface AccessToken extends Grant {
  readonly expiresAt: Instant;
}

interface Code extends Grant {
  readonly challenge: string;
  readonly redirectUri: string;
}

/** What `POST /oauth/token` answers when all is well. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly scope: string;
}

/** The tokens that are good. */
export class Tokens {
  /** `issued`, `refreshed`, `revoked`, `refused` and one count a grant type. */
  readonly counts = new Counters();
  /** Of the access tokens issued from now on. */
  lifetimeSeconds: number;
  readonly #access = new Map<string, AccessToken>();
  readonly #refresh = new Map<string, Grant>();
  readonly #codes = new Map<string, Code>();
  readonly #random: () => number;

  constructor(seed: number, lifetimeSeconds: number) {
    this.lifetimeSeconds = lifetimeSeconds;
    this.#random = randomOf(mix(keyOf(seed, 'tokens'), 0));
  }

  /** Issues an access token and, in a user context, the refresh token that goes with it. */
  issue(grant: Grant, now: Instant): TokenAnswer {
    this.counts.add('issued');
    const token = this.#secret('at');
    this.#access.set(token, { ...grant, expiresAt: now + this.lifetimeSeconds * 1000 });
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: this.lifetimeSeconds,
      ...(grant.username === undefined ? {} : { refresh_token: this.issueRefreshToken(grant) }),
      scope: [...grant.scopes].join(' '),
    };
  }

  /** A refresh token by itself, as a person would have got it by logging in. */
  issueRefreshToken(grant: Grant): string {
    const token = this.#secret('rt');
    this.#refresh.set(token, grant);
    return token;
  }

  /** Takes a refresh token, which is good once. */
  takeRefreshToken(token: string, clientId: string): Grant | undefined {
    const grant = this.#refresh.get(token);
    if (grant === undefined || grant.clientId !== clientId) return undefined;
    this.#refresh.delete(token);
    this.counts.add('refreshed');
    return grant;
  }

  /** A code for the authorization code flow. */
  issueCode(code: Code): string {
    const text = this.#secret('ac');
    this.#codes.set(text, code);
    return text;
  }

  /** Takes a code, which is good once and for whoever knows the verifier (PKCE, S256). */
  takeCode(text: string, clientId: string, redirectUri: string, verifier: string): Grant | undefined {
    const code = this.#codes.get(text);
    this.#codes.delete(text);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const good =
      code?.clientId === clientId && code.redirectUri === redirectUri && code.challenge === challenge;
    return good ? code : undefined;
  }

  /** What a bearer token stands for; `undefined` when it is not good, or no longer. */
  grantOf(authorization: string | undefined, now: Instant): Grant | undefined {
    if (authorization === undefined || !authorization.startsWith('Bearer ')) return undefined;
    const token = this.#access.get(authorization.slice(7));
    return token !== undefined && now < token.expiresAt ? token : undefined;
  }

  /** Makes a token, of either sort, worthless. One that is not known is none already. */
  revoke(token: string): void {
    if (this.#access.delete(token) || this.#refresh.delete(token)) this.counts.add('revoked');
  }

  /** All access tokens expire now. */
  expireAll(): void {
    this.#access.clear();
  }

  #secret(prefix: string): string {
    const part = () => Math.floor(this.#random() * 4_294_967_296).toString(36);
    return `${prefix}_${part()}${part()}${part()}`;
  }
}
