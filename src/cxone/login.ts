import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { Clock } from '../usecases/ports.ts';
import { openLoopback } from './loopback.ts';
import type { IssuedTokens, TokenEndpoint } from './token-endpoint.ts';
import type { UserToken } from './user-token.ts';

/** How long a person has to log in. */
const PATIENCE_MS = 3 * 60_000;

export interface LoginOptions {
  /** Of the redirect URI on this machine; 0 for any that is free. */
  readonly port: number;
  /** Told the link to open in a browser. */
  onLink(url: URL): void;
}

export interface LoginReport {
  /** Where the token is kept now. */
  readonly where: string;
  readonly expiresAt: Instant;
  /** As the vendor named them; `undefined` when it did not, which means: those asked for. */
  readonly scopes: readonly string[] | undefined;
}

export interface LogoutReport {
  /** Whether anybody was logged in. */
  readonly wasThere: boolean;
  /** Why the vendor could not be told; the token is forgotten all the same. */
  readonly failure: ProgramError | undefined;
}

/** What a person does about the user-context token. */
export interface Login {
  /**
   * Authorization code with PKCE: waits for the browser to come back, at most 3 minutes, and keeps the token.
   * @throws ProgramError `login_required` when it was not completed, `database_unusable` where it cannot be kept,
   * before anything is asked; `http_unavailable`, and as calls do.
   */
  logIn(options: LoginOptions, signal: AbortSignal): Promise<LoginReport>;
  /** Has the token revoked and forgets it; forgets it also when the vendor cannot be reached. */
  logOut(): Promise<LogoutReport>;
}

export interface LoginDeps {
  readonly endpoint: TokenEndpoint;
  readonly clock: Clock;
  /** @throws ProgramError `login_required` when nothing can be kept. */
  userToken(): UserToken;
}

export function openLogin(deps: LoginDeps): Login {
  return {
    logIn: (options, signal) => logIn(deps, options, signal),
    logOut: () => deps.userToken().forget(),
  };
}

async function logIn(
  { endpoint, clock, userToken }: LoginDeps,
  { port, onLink }: LoginOptions,
  signal: AbortSignal,
): Promise<LoginReport> {
  const keeper = userToken();
  // What cannot be kept is not asked for: a token nobody has would stay good at the vendor.
  await keeper.makeRoom();
  const loopback = await openLoopback(port);
  try {
    const request = await endpoint.loginRequest(loopback.redirectUri);
    onLink(request.url);
    const answer = await withinPatience((waiting) => loopback.answer(waiting), clock, signal);
    try {
      const issued = await endpoint.login(request, answer.url);
      await keeper.keep(issued, requireRefreshToken(issued));
      await answer.show('logged in');
      return { where: keeper.where, expiresAt: issued.expiresAt, scopes: issued.scopes };
    } catch (error) {
      await answer.show('failed');
      throw error;
    }
  } finally {
    await loopback.close();
  }
}

async function withinPatience<T>(
  wait: (signal: AbortSignal) => Promise<T>,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  clock.sleep(PATIENCE_MS, either).then(
    () => over.abort(tooLate()),
    () => undefined,
  );
  return wait(either).finally(() => over.abort());
}

function tooLate(): ProgramError {
  return new ProgramError('login_required', 'nobody logged in within 3 minutes', {
    hint: 'Run `adherence login` again, and open its link on this machine.',
  });
}

function requireRefreshToken({ refreshToken }: IssuedTokens): string {
  if (refreshToken !== undefined) return refreshToken;
  throw new ProgramError(
    'login_required',
    'the vendor issued no refresh token, so the login would not last',
    {
      hint: 'Have the client allowed to refresh; some vendors need offline_access among CXONE_SCOPES.',
    },
  );
}
