import type Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from '../../../db/drizzle.ts';
import { ProgramError } from '../../domain/errors.ts';
import type { Lease } from '../../usecases/ports.ts';
import { type GenerationKeeper, keepGeneration } from './generation.ts';
import { makeNumbers, type Numbers } from './numbers.ts';
import { type Opening, openDatabase } from './open.ts';
import { asProgramError } from './sqlite-errors.ts';

/** What the parts of the store share: one connection, its transactions, and what they remember of it. */
export interface Connection {
  readonly database: Database.Database;
  readonly orm: BetterSQLite3Database;
  readonly numbers: Numbers;
  /** One reading transaction: all of it sees the same instant. */
  read<T>(work: () => T): T;
  /**
   * One immediate transaction, rolled back when `work` throws. Immediate, because a transaction that starts by
   * reading cannot become a writing one once another process has committed.
   */
  write<T>(work: () => T): T;
  /** Throws `lock_lost` unless the lease is the one in force; to be called inside the transaction it guards. */
  requireLease(lease: Lease): void;
  readonly generation: GenerationKeeper;
  /** Moves the write-ahead log into the file, as far as nobody else stands in the way. */
  checkpoint(): void;
}

export function connect(path: string, opening: Opening): Connection {
  const database = openDatabase(path, opening);
  const numbers = makeNumbers(database);
  const transaction = database.transaction((work: () => unknown) => work());
  const leaseInForce = database.prepare('SELECT 1 FROM leases WHERE fence = ? AND owner = ?').pluck();
  return {
    database,
    orm: drizzle({ client: database }),
    numbers,
    generation: keepGeneration(database),
    checkpoint() {
      database.pragma('wal_checkpoint(PASSIVE)');
    },
    read<T>(work: () => T): T {
      try {
        return transaction.deferred(work) as T;
      } catch (error) {
        throw asProgramError(path, error);
      }
    },
    write<T>(work: () => T): T {
      try {
        return transaction.immediate(work) as T;
      } catch (error) {
        // What was numbered in this transaction was rolled back with it.
        numbers.forget();
        throw asProgramError(path, error);
      }
    },
    requireLease(lease) {
      if (leaseInForce.get(lease.fence, lease.owner) === undefined) {
        throw new ProgramError('lock_lost', 'The run lock is no longer held: another process took it over.', {
          hint: 'Nothing was written. If this happens often, look for a process that was stopped or starved.',
        });
      }
    },
  };
}
