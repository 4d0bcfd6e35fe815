import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { Clock, Log, TokenKeeper } from '../usecases/ports.ts';
import { Calls, type Transport } from './calls.ts';
import type { Secrets } from './secrets.ts';
import type { TokenEndpoint } from './token-endpoint.ts';
import type { GrantType } from './token-wire.ts';
import { type Issued, type TokenSource, Tokens } from './tokens.ts';
import { UserToken } from './user-token.ts';

/** How the service account gets its tokens. */
export type Grant = Exclude<GrantType, 'authorization_code'>;

/** `user`: a person's, from `login` or `CXONE_REFRESH_TOKEN`; `service`: the one of `CXONE_GRANT`. */
export type TokenOwner = 'service' | 'user';

/** What may be told of a token; the token itself may not. */
export interface TokenFacts {
  readonly grant: Grant;
  /** Whether it acts for a person, as the states endpoints ask for (vendor-api.md 1). */
  readonly hasUserContext: boolean;
  /** Whom it acts for, where we know. */
  readonly username: string | undefined;
  readonly expiresAt: Instant;
  /** What was granted; `undefined` when the vendor did not say, which means: what was asked for. */
  readonly scopes: readonly string[] | undefined;
}

export interface UserContext {
  /** Whose token the agent states endpoints are called with now. @throws ProgramError `login_required` */
  statesToken(): TokenOwner;
  /** Whether that token acts for a person; without, states of specific agents cannot be asked for. */
  hasUserContext(): boolean;
  /** Gets a token, unless there is a good one, and tells about it; `undefined` when nobody is logged in. Throws as calls do. */
  tokenFacts(owner: TokenOwner, signal?: AbortSignal): Promise<TokenFacts | undefined>;
}

export interface ContextSettings {
  readonly grant: Grant;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly refreshToken: string | undefined;
  readonly timeoutMs: number;
}

export interface ContextDeps {
  readonly endpoint: TokenEndpoint;
  readonly transport: Transport;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly log: Log;
  readonly tokenKeeper: TokenKeeper | undefined;
}

export interface Contexts extends UserContext {
  /** With the token of the service account. */
  readonly serviceCalls: Calls;
  /** For the agent states endpoints: with the person's token where there is one. */
  statesCalls(): Calls;
  /** What `login` and `logout` work on. @throws ProgramError `login_required` when nothing can be kept. */
  userToken(): UserToken;
  close(reason: Error): void;
}

/** A renewal's whole budget of repeats is four time-outs; another process's is waited for a little longer. */
const PATIENCE_FACTOR = 5;

/** The tokens of the service account and of a person, and the calls that go with each. */
export function openContexts(settings: ContextSettings, deps: ContextDeps): Contexts {
  const { endpoint, transport, secrets, clock, log, tokenKeeper: keeper } = deps;
  const { grant, username, refreshToken: seed, timeoutMs } = settings;
  const patienceMs = timeoutMs * PATIENCE_FACTOR;
  const person = keeper && new UserToken({ endpoint, keeper, clock, log, secrets, seed, patienceMs });
  const userTokens = person && new Tokens(person, { clock, log });
  const serviceTokens =
    grant === 'refresh_token' && userTokens !== undefined
      ? userTokens
      : new Tokens(sourceOf(settings, endpoint), { clock, log });
  const serviceCalls = new Calls(transport, serviceTokens, secrets, clock);
  const userCalls = userTokens && new Calls(transport, userTokens, secrets, clock);
  const statesToken = (): TokenOwner => {
    const kept = person?.look();
    // Somebody may have logged in again since the token was last used.
    if (kept?.accessToken !== undefined) userTokens?.replace(kept.accessToken);
    return kept === undefined ? 'service' : 'user';
  };
  return {
    serviceCalls,
    statesCalls: () => (userCalls !== undefined && statesToken() === 'user' ? userCalls : serviceCalls),
    statesToken,
    hasUserContext: () => statesToken() === 'user' || grant !== 'client_credentials',
    async tokenFacts(owner, signal) {
      if (owner === 'service') return factsOf(grant, username, await serviceTokens.issued(signal));
      if (userTokens === undefined || statesToken() === 'service') return undefined;
      return factsOf('refresh_token', undefined, await userTokens.issued(signal));
    },
    userToken: () => person ?? nowhereToKeep(),
    close(reason) {
      person?.close(reason);
      endpoint.close(reason);
    },
  };
}

function sourceOf(
  { grant, username = '', password = '' }: ContextSettings,
  endpoint: TokenEndpoint,
): TokenSource {
  switch (grant) {
    case 'client_credentials':
      return { obtain: (attempts) => endpoint.clientCredentials(attempts) };
    case 'password':
      return { obtain: (attempts) => endpoint.password(username, password, attempts) };
    case 'refresh_token':
      return nowhereToKeep();
  }
}

function factsOf(grant: Grant, username: string | undefined, { expiresAt, scopes }: Issued): TokenFacts {
  return {
    grant,
    hasUserContext: grant !== 'client_credentials',
    username: grant === 'password' ? username : undefined,
    expiresAt,
    scopes,
  };
}

function nowhereToKeep(): never {
  throw new ProgramError('login_required', 'a refresh token is kept beside the database, which has no file', {
    hint: 'Set ADHERENCE_DB to a file.',
  });
}
