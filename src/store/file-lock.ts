import { chmodSync } from 'node:fs';
import Database from 'better-sqlite3';
import { asProgramError, hasCode } from './sqlite/sqlite-errors.ts';

/**
 * A lock between processes: an exclusive transaction on an empty SQLite file. The system takes it back from a process
 * that is killed, so there is nothing to expire and nothing to clean up; the file stays, empty.
 */
export interface FileLock {
  release(): void;
}

/** @returns `undefined` when another process, or somebody else in this one, has it. @throws ProgramError `database_unusable` */
export function tryLock(path: string): FileLock | undefined {
  let file: Database.Database | undefined;
  try {
    file = new Database(path, { timeout: 0 });
    chmodSync(path, 0o600);
    file.exec('BEGIN EXCLUSIVE');
    const held = file;
    return { release: () => held.close() };
  } catch (error) {
    file?.close();
    if (hasCode(error, 'SQLITE_BUSY')) return undefined;
    throw asProgramError(path, error);
  }
}
