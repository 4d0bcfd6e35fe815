import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';

export type MigrationErrorCode =
  /** The database was written by a newer program. */
  | 'database_newer'
  /** A migration that was applied has since been edited, or the order was tampered with. */
  | 'migration_edited'
  /** It holds tables, but not ours. */
  | 'database_foreign'
  /** It was never migrated, or not to its end, and may only be read. */
  | 'not_migrated';

/** Why a database cannot be brought to, or is not at, the newest schema. */
export class MigrationError extends Error {
  readonly code: MigrationErrorCode;

  constructor(code: MigrationErrorCode, message: string) {
    super(message);
    this.name = 'MigrationError';
    this.code = code;
  }
}

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
  readonly sql: string;
}

/** "ADHR": marks the file as ours, so that no other program's database is ever migrated. */
const APPLICATION_ID = 0x41444852;

const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

/** The migrations of a folder, in order; they must be numbered 0001, 0002, … without a hole. */
export function readMigrations(folder: string = join(import.meta.dirname, 'migrations')): Migration[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name, index) => {
      const number = Number(FILE_NAME.exec(name)?.[1]);
      if (number !== index + 1) throw new Error(`Migration ${name} is misnamed or out of order.`);
      const sql = readFileSync(join(folder, name), 'utf8');
      return { number, name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Brings a database to the newest schema, each migration in one exclusive transaction of its own. Of two
 * processes that do this at once one waits (as long as the connection's busy timeout) and finds it done.
 * @returns how many migrations were applied.
 */
export function migrate(
  database: Database.Database,
  migrations: readonly Migration[] = readMigrations(),
): number {
  let applied = 0;
  while (pendingIn(database, migrations) !== undefined) {
    if (applyNext(database, migrations)) applied += 1;
  }
  return applied;
}

/** Throws unless the database is at the newest schema; writes nothing. */
export function requireMigrated(
  database: Database.Database,
  migrations: readonly Migration[] = readMigrations(),
): void {
  const pending = pendingIn(database, migrations);
  if (pending !== undefined) {
    throw new MigrationError('not_migrated', `the migration ${pending.name} has not been applied`);
  }
}

/**
 * Throws unless it is a database of ours that this program can bring to the newest schema; writes nothing.
 * `not_migrated` says that there is nothing in it.
 */
export function requireOurs(
  database: Database.Database,
  migrations: readonly Migration[] = readMigrations(),
): void {
  pendingIn(database, migrations);
  if (appliedIn(database).length === 0) throw new MigrationError('not_migrated', 'it is empty');
}

function applyNext(database: Database.Database, migrations: readonly Migration[]): boolean {
  database.exec('BEGIN EXCLUSIVE');
  try {
    // Looked at again now that nobody else can write.
    const migration = pendingIn(database, migrations);
    if (migration !== undefined) apply(database, migration);
    database.exec('COMMIT');
    return migration !== undefined;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function apply(database: Database.Database, migration: Migration): void {
  database.exec(
    'CREATE TABLE IF NOT EXISTS migrations ' +
      '(number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT',
  );
  database.exec(migration.sql);
  database
    .prepare('INSERT INTO migrations (number, name, sha256) VALUES (?, ?, ?)')
    .run(migration.number, migration.name, migration.sha256);
  database.pragma(`application_id = ${APPLICATION_ID}`);
  database.pragma(`user_version = ${migration.number}`);
}

/** The next migration to apply, after holding those that were applied against ours. */
function pendingIn(database: Database.Database, migrations: readonly Migration[]): Migration | undefined {
  const applied = appliedIn(database);
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > migrations.length || applied.length > migrations.length) {
    throw new MigrationError(
      'database_newer',
      `the database has schema ${Math.max(version, applied.length)}, this program knows up to ${migrations.length}`,
    );
  }
  for (const [index, row] of applied.entries()) {
    const known = migrations[index];
    if (known?.number !== row.number || known.name !== row.name || known.sha256 !== row.sha256) {
      throw new MigrationError(
        'migration_edited',
        `the migration ${row.name} is not the one that was applied`,
      );
    }
  }
  return migrations[applied.length];
}

function appliedIn(database: Database.Database): Pick<Migration, 'number' | 'name' | 'sha256'>[] {
  const names = database.prepare('SELECT name FROM sqlite_schema').pluck().all() as string[];
  if (names.length === 0) return [];
  if (
    database.pragma('application_id', { simple: true }) !== APPLICATION_ID ||
    !names.includes('migrations')
  ) {
    throw new MigrationError('database_foreign', 'the database belongs to another program');
  }
  return database.prepare('SELECT number, name, sha256 FROM migrations ORDER BY number').all() as Migration[];
}
