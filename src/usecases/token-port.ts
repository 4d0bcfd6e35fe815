import type { Instant } from '../domain/instant.ts';

/** A user-context token with what renews it, as it is kept between processes (vendor-api.md 1). */
export interface KeptToken {
  /** Where it was issued, and to which client: it is sent nowhere else. */
  readonly issuer: string;
  readonly clientId: string;
  readonly refreshToken: string;
  readonly accessToken: string;
  readonly renewAt: Instant;
  readonly expiresAt: Instant;
  /** As the vendor named them; `undefined` when it did not. */
  readonly scopes: readonly string[] | undefined;
}

/** All that is kept of tokens. */
export interface TokenRecord {
  readonly token: KeptToken | undefined;
  /** Digests of the refresh tokens from the configuration that were taken over, so that none comes back. */
  readonly seeds: readonly string[];
}

/**
 * Where the user-context token is kept: outside of the database and of its backups. Whoever is to spend the refresh
 * token or to write holds the lock, so that no two processes ever spend the same one.
 */
export interface TokenKeeper {
  /** The place, as a person can find it. */
  readonly where: string;
  /** What stands there now; readable without the lock, since it is only ever replaced as a whole. */
  read(): TokenRecord;
  /**
   * Waits until no other process has the lock. One that was killed does not have it.
   * @throws ProgramError `vendor_unavailable` when that takes more than `patienceMs`; the signal's reason.
   */
  lock(patienceMs: number, signal?: AbortSignal): Promise<TokenLock>;
}

export interface TokenLock {
  /** Makes sure that there is room for what the vendor is going to answer, before anything is spent. */
  reserve(): void;
  /** Durable when it returns. */
  write(record: TokenRecord): void;
  release(): void;
}
