import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { MigrationError, migrate, requireOurs } from '../../../db/migrate.ts';
import { ProgramError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/instant.ts';
import { renameDurably, syncPath } from './durable-files.ts';
import {
  type Mark,
  markPath,
  readMark,
  readMarkFile,
  successorOf,
  writeMark,
  writeMarkFile,
} from './generation.ts';
import { enterHold } from './holds.ts';
import { asProgramError, hasCode, unusable } from './sqlite-errors.ts';

/** Beside a database that nobody has open there is nothing of a log; the log of one that is damaged goes with it. */
const LOG_FILES = ['-wal', '-shm', '-journal'];

const TIMEOUT_MS = 2_000;

/**
 * Puts a backup in place of the database, which nobody may have open, and has the store start on hold. The backup is
 * copied, checked, migrated and marked under another name first; the database that was there is kept beside it as
 * `….before-restore`.
 * @param now without it a lock counts as held unless its owner is gone.
 * @throws ProgramError `lock_held`, `database_newer` or `database_unusable`, and then nothing has changed.
 */
export function restoreDatabase(
  from: string,
  database: string,
  isGone: (owner: string) => boolean,
  now: Instant = 0,
): void {
  const source = resolve(from);
  const target = resolve(database);
  requireBackup(source, target);
  const temporary = `${target}.restore-${randomUUID()}.tmp`;
  let current: OutOfUse | undefined;
  try {
    const mark = prepareCopy(source, temporary, target);
    current = takeOutOfUse(target, isGone, now);
    keepOld(target);
    writeMarkFile(markPath(target), { current: current?.mark ?? mark, next: mark });
    renameDurably(temporary, target);
    writeMarkFile(markPath(target), { current: mark });
  } finally {
    current?.close();
    for (const end of ['', ...LOG_FILES]) rmSync(`${temporary}${end}`, { force: true });
  }
}

function requireBackup(source: string, target: string): void {
  const found = statSync(source, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    throw unusable(`There is no backup ${source}.`, 'Name a file that `adherence backup` has written.');
  }
  const present = statSync(target, { throwIfNoEntry: false });
  if (present !== undefined && present.dev === found.dev && present.ino === found.ino) {
    throw unusable(`${source} is the database itself.`, 'Name a file that `adherence backup` has written.');
  }
}

/** The database that is to be replaced, locked so that nobody can open it meanwhile. */
interface OutOfUse {
  readonly mark: Mark | undefined;
  close(): void;
}

/**
 * Leaving WAL mode succeeds only when no other process has the database open, and leaves all of it in the one file.
 * @returns `undefined` when there is none, or none that could be read: a damaged one is what a restore is for.
 */
function takeOutOfUse(
  target: string,
  isGone: (owner: string) => boolean,
  now: Instant,
): OutOfUse | undefined {
  if (!existsSync(target)) return undefined;
  let present: Database.Database | undefined;
  try {
    present = new Database(target, { fileMustExist: true, timeout: TIMEOUT_MS });
    const isEmpty = isEmptyDatabase(present);
    if (!isEmpty) requireUnlocked(present, isGone, now);
    present.pragma('journal_mode = DELETE');
    present.exec('BEGIN EXCLUSIVE');
    const database = present;
    return { mark: isEmpty ? undefined : readMark(database), close: () => database.close() };
  } catch (error) {
    present?.close();
    if (hasCode(error, 'SQLITE_CORRUPT', 'SQLITE_NOTADB')) return undefined;
    if (hasCode(error, 'SQLITE_BUSY', 'SQLITE_LOCKED')) {
      throw new ProgramError('lock_held', `another process has the database ${target} open`, {
        hint: 'Stop the worker and wait until no other command is under way.',
        cause: error,
      });
    }
    throw asProgramError(target, error);
  }
}

/**
 * Whether there is nothing in it. One that a newer program wrote may be replaced: that is how an upgrade is undone.
 */
function isEmptyDatabase(database: Database.Database): boolean {
  try {
    requireOurs(database);
    return false;
  } catch (error) {
    if (!(error instanceof MigrationError) || error.code === 'database_foreign') throw error;
    return error.code === 'not_migrated';
  }
}

function requireUnlocked(
  database: Database.Database,
  isGone: (owner: string) => boolean,
  now: Instant,
): void {
  const owners = database
    .prepare('SELECT owner FROM leases WHERE owner IS NOT NULL AND expires_at > ?')
    .pluck()
    .all(now) as string[];
  const holder = owners.find((owner) => !isGone(owner));
  if (holder === undefined) return;
  throw new ProgramError('lock_held', `another run is under way: ${holder} holds the lock`, {
    hint: 'Stop it first, then restore.',
  });
}

/** Makes of a copy of the backup what is to be put in place, whole in one file and on disk. @returns its mark. */
function prepareCopy(source: string, temporary: string, target: string): Mark {
  let copy: Database.Database | undefined;
  try {
    copyFileSync(source, temporary);
    // A plain copy of a database may have left its newest part in its log.
    if (existsSync(`${source}-wal`)) copyFileSync(`${source}-wal`, `${temporary}-wal`);
    copy = new Database(temporary, { fileMustExist: true });
    requireOurs(copy);
    const found = copy.pragma('integrity_check', { simple: true });
    if (found !== 'ok') {
      throw unusable(`The backup ${source} is damaged: ${String(found)}.`, 'Name another backup.');
    }
    migrate(copy);
    const mark = markCopy(copy, source, target);
    copy.pragma('journal_mode = DELETE');
    return mark;
  } catch (error) {
    if (error instanceof MigrationError && error.code === 'not_migrated') {
      throw unusable(`The backup ${source} is empty.`, 'Name another backup.', error);
    }
    throw asProgramError(source, error);
  } finally {
    copy?.close();
    if (existsSync(temporary)) syncPath(temporary);
  }
}

/** Who held a lock when the backup was made does not hold it in what is made of it. */
function markCopy(copy: Database.Database, source: string, target: string): Mark {
  const known = [readMark(copy), readMarkFile(markPath(target))?.current];
  const mark = successorOf(Math.max(...known.map((one) => one?.generation ?? 0)));
  copy
    .transaction(() => {
      writeMark(copy, mark);
      enterHold(copy, `restored from ${source}`, null);
      copy.exec('UPDATE leases SET owner = NULL, expires_at = NULL');
    })
    .immediate();
  return mark;
}

/** A second name for the old file, so that at no time there is no database; its log goes along where it has one. */
function keepOld(target: string): void {
  const kept = `${target}.before-restore`;
  for (const end of ['', ...LOG_FILES]) rmSync(`${kept}${end}`, { force: true });
  if (existsSync(target)) linkSync(target, kept);
  for (const end of LOG_FILES) {
    if (existsSync(`${target}${end}`)) renameSync(`${target}${end}`, `${kept}${end}`);
  }
  syncPath(dirname(target));
}
