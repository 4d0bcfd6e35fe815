import { existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { readMigrations, requireOurs } from '../../../db/migrate.ts';
import { ProgramError } from '../../domain/errors.ts';
import type { DatabaseFacts, DatabaseSurvey } from '../../usecases/ports.ts';
import { fileBytes } from './durable-files.ts';
import { asProgramError } from './sqlite-errors.ts';

/** Up to this size indexes are compared with their tables too; beyond, only the pages are read, for the time it takes. */
const FULL_CHECK_BYTES = 256 * 1024 * 1024;
const BUSY_TIMEOUT_MS = 2_000;
const FULL = 2;

/** Looks at the database file from outside. It is neither made nor migrated, and nothing in it is changed. */
export function surveyDatabase(path: string): DatabaseSurvey {
  const file = resolve(path);
  if (!existsSync(file)) return { kind: 'missing', path: file, freeBytes: freeBytesAt(dirname(file)) };
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    requireOurs(database);
    return { kind: 'open', ...factsOf(database, file) };
  } catch (error) {
    const said = asProgramError(file, error);
    if (!(said instanceof ProgramError)) throw said;
    return { kind: 'unusable', code: said.code, message: said.message, hint: said.hint };
  } finally {
    database?.close();
  }
}

function factsOf(database: Database.Database, file: string): DatabaseFacts {
  const bytes = fileBytes(file);
  const check = bytes <= FULL_CHECK_BYTES ? 'integrity_check' : 'quick_check';
  const faults = (database.pragma(`${check}(5)`) as Record<string, string>[]).flatMap(Object.values);
  database.pragma('synchronous = FULL');
  return {
    path: file,
    schema: database.pragma('user_version', { simple: true }) as number,
    newestSchema: readMigrations().length,
    bytes,
    walBytes: fileBytes(`${file}-wal`),
    freeBytes: freeBytesAt(dirname(file)),
    journalMode: database.pragma('journal_mode', { simple: true }) as string,
    isDurable: database.pragma('synchronous', { simple: true }) === FULL,
    integrity: { check, faults: faults.filter((fault) => fault !== 'ok') },
  };
}

/** Of the nearest folder above that is there; `undefined` where the system does not say. */
function freeBytesAt(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    const above = dirname(folder);
    return above === folder ? undefined : freeBytesAt(above);
  }
}
