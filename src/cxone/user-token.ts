import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { Clock, KeptToken, Log, TokenKeeper, TokenLock, TokenRecord } from '../usecases/ports.ts';
import { VendorError } from './errors.ts';
import type { Secrets } from './secrets.ts';
import { type Holder, isForeign, type Spendable, seedsWith, spendableOf } from './spendable.ts';
import type { IssuedTokens, TokenEndpoint } from './token-endpoint.ts';
import type { Issued, TokenSource } from './tokens.ts';

/** How long to wait for another process's renewal while the old token still holds. */
const BRIEF_PATIENCE_MS = 2_000;
/** A refresh token that the vendor refused is not sent again for so long. */
const ASK_AGAIN_MS = 5 * 60_000;

export interface UserTokenOptions {
  readonly endpoint: TokenEndpoint;
  readonly keeper: TokenKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets: Secrets;
  /** `CXONE_REFRESH_TOKEN`: taken over once, unless it was before. */
  readonly seed: string | undefined;
  /** How long to wait for another process's renewal. */
  readonly patienceMs: number;
}

interface Unstored {
  readonly lock: TokenLock;
  readonly record: TokenRecord;
  readonly issued: Issued;
}

/**
 * The token of a person, kept between processes and renewed by refresh tokens that are good once (vendor-api.md 1).
 * Whoever renews holds the keeper's lock from before the refresh token is read until its successor is durable.
 */
export class UserToken implements TokenSource {
  readonly #options: UserTokenOptions;
  readonly #holder: Holder;
  readonly #closing = new AbortController();
  /** Issued by the vendor but not durable yet; the lock stays ours so that nobody spends what was spent. */
  #unstored: Unstored | undefined;
  #refused:
    | { readonly refreshToken: string; readonly error: VendorError; readonly until: Instant }
    | undefined;
  #warned = false;

  constructor(options: UserTokenOptions) {
    this.#options = options;
    const { endpoint, seed } = options;
    this.#holder = { issuer: endpoint.issuer, clientId: endpoint.clientId, seed };
  }

  /** Where it is kept. */
  get where(): string {
    return this.#options.keeper.where;
  }

  /**
   * What there is, good or not; without an access token where one from the configuration has yet to be spent.
   * @returns `undefined` when nobody is logged in. @throws ProgramError `login_required` when the file cannot be used.
   */
  look(): { readonly accessToken: string | undefined } | undefined {
    const record = this.#options.keeper.read();
    const spendable = this.#spendable(record);
    if (spendable === undefined) return undefined;
    return { accessToken: spendable.isSeed ? undefined : record.token?.accessToken };
  }

  /**
   * The access token that is kept while it holds, be it another process that got it; a renewed one otherwise.
   * @throws ProgramError `login_required` when nobody is logged in; as the grants of `TokenEndpoint` do.
   */
  async obtain(attempts?: number, refused?: string): Promise<Issued> {
    if (this.#unstored !== undefined) return this.#store(this.#unstored);
    const shared = this.#shared(refused);
    if (shared !== undefined) return shared;
    const patienceMs = attempts === undefined ? this.#options.patienceMs : BRIEF_PATIENCE_MS;
    const lock = await this.#options.keeper.lock(patienceMs, this.#closing.signal);
    try {
      return this.#shared(refused) ?? (await this.#renew(lock, attempts));
    } finally {
      if (this.#unstored === undefined) lock.release();
    }
  }

  /** Sees that what a login brings can be kept. @throws ProgramError `database_unusable` */
  async makeRoom(): Promise<void> {
    await this.#exclusively((lock) => lock.reserve());
  }

  /** Keeps what a login brought, in place of what was there. */
  async keep(issued: IssuedTokens, refreshToken: string): Promise<void> {
    await this.#exclusively((lock) => {
      const { seeds } = readForgivingly(this.#options.keeper);
      // Who logs in means it: what the configuration says is not to come in its place later.
      lock.write({ token: this.#kept(issued, refreshToken), seeds: seedsWith(seeds, this.#holder) });
    });
  }

  /**
   * Forgets the token, having had it revoked; forgets it also when the vendor could not be told.
   * @returns whether there was one, and why the vendor could not be told.
   */
  async forget(): Promise<{ readonly wasThere: boolean; readonly failure: ProgramError | undefined }> {
    return this.#exclusively(async (lock) => {
      const record = readForgivingly(this.#options.keeper);
      const spendable = this.#spendable(record);
      const failure = isForeign(record, this.#holder)
        ? madeElsewhere(record)
        : spendable && (await this.#revoke(spendable.refreshToken));
      lock.write({ token: undefined, seeds: seedsWith(record.seeds, this.#holder) });
      return { wasThere: record.token !== undefined || spendable !== undefined, failure };
    });
  }

  /** Gives up waiting for the lock, and lets go of it. */
  close(reason: Error): void {
    this.#closing.abort(reason);
    this.#unstored?.lock.release();
  }

  async #exclusively<T>(work: (lock: TokenLock) => Promise<T> | T): Promise<T> {
    const lock = await this.#options.keeper.lock(this.#options.patienceMs, this.#closing.signal);
    try {
      return await work(lock);
    } finally {
      lock.release();
    }
  }

  #shared(refused: string | undefined): Issued | undefined {
    const { keeper, clock, secrets } = this.#options;
    const record = keeper.read();
    const { token } = record;
    const spendable = this.#spendable(record);
    if (token === undefined || spendable?.refreshToken !== token.refreshToken) return undefined;
    if (token.accessToken === refused || clock.now() >= token.renewAt) return undefined;
    secrets.add(token.refreshToken);
    secrets.add(token.accessToken);
    return token;
  }

  async #renew(lock: TokenLock, attempts: number | undefined): Promise<Issued> {
    const { endpoint, keeper, secrets } = this.#options;
    const record = keeper.read();
    const spendable = this.#spendable(record);
    if (spendable === undefined) throw nobodyLoggedIn();
    secrets.add(spendable.refreshToken);
    this.#throwIfRefused(spendable.refreshToken);
    lock.reserve();
    const issued = await this.#noting(spendable.refreshToken, () =>
      endpoint.refresh(spendable.refreshToken, attempts),
    );
    const scopes = issued.scopes ?? spendable.scopes;
    const token = this.#kept({ ...issued, scopes }, issued.refreshToken ?? spendable.refreshToken);
    const seeds = spendable.isSeed ? seedsWith(record.seeds, this.#holder) : record.seeds;
    return this.#store({ lock, record: { token, seeds }, issued: token });
  }

  /** Until it is durable the new token is not used, and nobody else may ask for one. */
  #store(unstored: Unstored): Issued {
    const wasWaiting = this.#unstored !== undefined;
    this.#unstored = unstored;
    unstored.lock.write(unstored.record);
    this.#unstored = undefined;
    if (wasWaiting) unstored.lock.release();
    return unstored.issued;
  }

  async #noting(refreshToken: string, ask: () => Promise<IssuedTokens>): Promise<IssuedTokens> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof VendorError && error.code === 'vendor_unauthorized') {
        this.#refused = { refreshToken, error, until: this.#options.clock.now() + ASK_AGAIN_MS };
      }
      throw error;
    }
  }

  #throwIfRefused(refreshToken: string): void {
    const refused = this.#refused;
    if (refused?.refreshToken !== refreshToken) return;
    if (this.#options.clock.now() < refused.until) throw refused.error;
  }

  async #revoke(refreshToken: string): Promise<ProgramError | undefined> {
    this.#options.secrets.add(refreshToken);
    try {
      await this.#options.endpoint.revoke(refreshToken);
      return undefined;
    } catch (error) {
      if (error instanceof ProgramError) return error;
      throw error;
    }
  }

  #spendable(record: TokenRecord): Spendable | undefined {
    const { issuer, clientId } = record.token ?? {};
    if (!this.#warned && isForeign(record, this.#holder)) {
      this.#warned = true;
      this.#options.log.warn(
        { issuer, clientId },
        'the kept login is for another vendor or client, so it is not used',
      );
    }
    return spendableOf(record, this.#holder);
  }

  #kept({ accessToken, renewAt, expiresAt, scopes }: Issued, refreshToken: string): KeptToken {
    const { issuer, clientId } = this.#holder;
    return { issuer, clientId, refreshToken, accessToken, renewAt, expiresAt, scopes };
  }
}

/** Logging in and out mends a file that cannot be used. */
function readForgivingly(keeper: TokenKeeper): TokenRecord {
  try {
    return keeper.read();
  } catch (error) {
    if (error instanceof ProgramError && error.code === 'login_required') {
      return { token: undefined, seeds: [] };
    }
    throw error;
  }
}

function madeElsewhere({ token }: TokenRecord): ProgramError {
  return new ProgramError(
    'login_required',
    `revoking the token: it was issued by ${token?.issuer} to client ${token?.clientId}, who are not configured`,
  );
}

function nobodyLoggedIn(): ProgramError {
  return new ProgramError('login_required', 'nobody is logged in at the vendor', {
    hint: 'Run `adherence login`, or set CXONE_REFRESH_TOKEN.',
  });
}
