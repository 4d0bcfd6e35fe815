import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { migrate, requireMigrated } from '../../../db/migrate.ts';
import { joinGeneration } from './generation.ts';
import { asProgramError, folderError, hasCode, unusable } from './sqlite-errors.ts';

/** Before it, a checkpoint that races with a writer could corrupt the file (sqlite.org/wal.html#walresetbug). */
const MINIMUM_VERSION = [3, 51, 3] as const;

/** The event loop stands still while SQLite waits for another process's lock, so not for long. */
const BUSY_TIMEOUT_MS = 2_000;

/** Only at the start, where another process may be migrating. */
const OPENING_TIMEOUT_MS = 30_000;

/**
 * While a large file comes in: the log then grows to 256 MB, and is cut when the import is over. Otherwise SQLite's
 * own 1,000: nobody is answered during a checkpoint, and on a full ledger that many pages take 10 ms.
 */
const BULK_CHECKPOINT_PAGES = 64_000;
const BULK_CACHE_KIB = 48 * 1024;
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;
/** More was measured to gain nothing: what falls out of it is still in the system's cache. */
const CACHE_KIB = 16 * 1024;

export interface Opening {
  readonly readonly: boolean;
  /** A great deal is about to be written. */
  readonly bulk: boolean;
}

/**
 * Opens the ledger, making the file and its folder where there are none, and brings it to the newest schema.
 * With `readonly` it must exist at the newest schema, and not a byte of it is written.
 * @throws ProgramError `database_unusable` or `database_newer`.
 */
export function openDatabase(path: string, { readonly, bulk }: Opening): Database.Database {
  const file = path === ':memory:' ? path : resolve(path);
  if (readonly) requireFile(file);
  else if (file !== ':memory:') makeFolder(dirname(file));
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { readonly, fileMustExist: readonly, timeout: OPENING_TIMEOUT_MS });
    prepare(database, file, readonly);
    if (bulk) {
      database.pragma(`wal_autocheckpoint = ${BULK_CHECKPOINT_PAGES}`);
      database.pragma(`cache_size = -${BULK_CACHE_KIB}`);
    }
    return database;
  } catch (error) {
    database?.close();
    throw asProgramError(file, error);
  }
}

function prepare(database: Database.Database, file: string, readonly: boolean): void {
  requireVersion(database);
  if (readonly) {
    requireMigrated(database);
  } else {
    makeDurable(database, file);
    migrate(database);
    // A file that may only be read opens without complaint; asking to write tells.
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    joinGeneration(database);
  }
  database.pragma('foreign_keys = ON');
  database.pragma(`cache_size = -${CACHE_KIB}`);
  database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
}

function makeDurable(database: Database.Database, file: string): void {
  // Has an effect on an empty file only; lets retention give pages back to the disk.
  database.pragma('auto_vacuum = INCREMENTAL');
  const mode = enterWal(database);
  if (mode !== 'wal' && !database.memory) {
    throw unusable(
      `The database ${file} cannot keep a write-ahead log (journal mode ${mode}).`,
      'It must lie on a local disk; network file systems do not work.',
    );
  }
  database.pragma('synchronous = FULL');
  if (database.pragma('synchronous', { simple: true }) !== 2) {
    throw new Error('SQLite did not accept synchronous=FULL, without which a commit may be lost.');
  }
  database.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
}

/**
 * Two processes that both make the file cannot both change its mode: SQLite answers one with BUSY at once, busy
 * timeout or not. Waiting for an exclusive lock first sits the other one out.
 */
function enterWal(database: Database.Database): string {
  const mode = database.pragma('journal_mode', { simple: true }) as string;
  if (mode === 'wal' || database.memory) return mode;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return database.pragma('journal_mode = WAL', { simple: true }) as string;
    } catch (error) {
      if (!hasCode(error, 'SQLITE_BUSY') || attempt === 100) throw error;
      database.exec('BEGIN EXCLUSIVE; ROLLBACK');
    }
  }
}

function requireFile(file: string): void {
  if (existsSync(file)) return;
  throw unusable(
    `There is no database ${file}.`,
    'Run a command that writes first, such as collect or import, or correct ADHERENCE_DB.',
  );
}

/** Folder by folder: under some paths, such as /proc, Node's own recursive mkdir never returns. */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) {
    if (statSync(folder).isDirectory()) return;
    throw folderError(folder, { code: 'ENOTDIR' });
  }
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been quicker.
    if (!existsSync(folder)) throw folderError(folder, error);
  }
}

function requireVersion(database: Database.Database): void {
  const version = database.prepare('SELECT sqlite_version()').pluck().get() as string;
  const parts = version.split('.').map(Number);
  for (const [index, least] of MINIMUM_VERSION.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return;
    if (part < least) {
      throw unusable(
        `SQLite ${version} can damage a database; ${MINIMUM_VERSION.join('.')} or newer is needed.`,
        'Install the dependencies of package-lock.json with npm ci.',
      );
    }
  }
}
