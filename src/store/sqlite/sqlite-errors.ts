import { SqliteError } from 'better-sqlite3';
import { MigrationError } from '../../../db/migrate.ts';
import { ProgramError } from '../../domain/errors.ts';

interface Saying {
  readonly says: string;
  readonly hint: string;
}

/** By SQLite's primary result code: what happened to the database file, and what to do about it. */
const SAYINGS: Readonly<Record<string, Saying>> = {
  SQLITE_CANTOPEN: {
    says: 'cannot be opened',
    hint: 'Check that ADHERENCE_DB names a file (not a folder) that this user may read and write.',
  },
  SQLITE_PERM: { says: 'may not be accessed', hint: 'Give this user the right to read and write it.' },
  SQLITE_AUTH: { says: 'may not be accessed', hint: 'Give this user the right to read and write it.' },
  SQLITE_READONLY: {
    says: 'cannot be written',
    hint: 'Give this user the right to write the file and its folder.',
  },
  SQLITE_NOTADB: {
    says: 'is not a database',
    hint: 'Let ADHERENCE_DB name another file, or restore a backup.',
  },
  SQLITE_CORRUPT: { says: 'is damaged', hint: 'Stop the program and restore a backup.' },
  SQLITE_FULL: { says: 'has no room left', hint: 'Free disk space; nothing of this step was kept.' },
  SQLITE_BUSY: {
    says: 'is kept locked by another process',
    hint: 'Look for a stopped or hanging process that has it open, then try again.',
  },
  SQLITE_LOCKED: {
    says: 'is kept locked by another process',
    hint: 'Look for a stopped or hanging process that has it open, then try again.',
  },
  SQLITE_IOERR: { says: 'cannot be read or written', hint: 'Check the disk under it.' },
  SQLITE_NOMEM: { says: 'does not fit into memory', hint: 'Give the program more memory.' },
  SQLITE_PROTOCOL: {
    says: 'cannot be locked',
    hint: 'It must lie on a local disk; network file systems do not work.',
  },
};

const FILE_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a part of the path is a file',
  ENOSPC: 'no room is left on the disk',
  ENOENT: 'the folder cannot be made there',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'its links lead in a circle',
};

/** Whether SQLite gave one of these primary result codes, or an extended one of them. */
export function hasCode(error: unknown, ...primary: readonly string[]): error is SqliteError {
  return (
    error instanceof SqliteError &&
    primary.some((code) => error.code === code || error.code.startsWith(`${code}_`))
  );
}

/**
 * The sentence for a person when an error says something of the database file, by its code and never by its
 * text. All other errors are returned as they are: a broken constraint or statement is a programmer's error.
 */
export function asProgramError(path: string, error: unknown): unknown {
  if (error instanceof MigrationError) return ofMigration(path, error);
  if (!(error instanceof SqliteError)) return error;
  const [, saying] = Object.entries(SAYINGS).find(([code]) => hasCode(error, code)) ?? [];
  if (saying === undefined) return error;
  return unusable(`The database ${path} ${saying.says} (${error.code}).`, saying.hint, error);
}

/** The sentence for an error of the file system while the database's folder is made. */
export function folderError(folder: string, error: unknown): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  const reason = FILE_ERRORS[code];
  if (reason === undefined) return error;
  const hint =
    code === 'ENOSPC'
      ? 'Free disk space, or let ADHERENCE_DB name a file on another disk.'
      : 'Let ADHERENCE_DB name a file in a folder that this user may write.';
  return unusable(`The folder ${folder} for the database cannot be used: ${reason}.`, hint, error);
}

export function unusable(message: string, hint: string, cause?: unknown): ProgramError {
  return new ProgramError('database_unusable', message, { hint, cause });
}

function ofMigration(path: string, error: MigrationError): ProgramError {
  const message = `The database ${path} cannot be used: ${error.message}.`;
  switch (error.code) {
    case 'database_newer':
      return new ProgramError('database_newer', message, {
        hint: 'Start the program version that wrote it, or a newer one.',
        cause: error,
      });
    case 'migration_edited':
      return unusable(message, 'Install the program anew: its migrations were changed.', error);
    case 'database_foreign':
      return unusable(message, 'Let ADHERENCE_DB name another file.', error);
    case 'not_migrated':
      return unusable(message, 'Run a command that writes first, such as collect or import.', error);
  }
}
