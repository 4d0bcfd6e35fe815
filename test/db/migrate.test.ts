import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Migration, migrate, readMigrations, requireMigrated } from '../../db/migrate.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'adherence-migrate-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function openFile(path: string = join(folder(), 'ledger.db')): Database.Database {
  const database = new Database(path);
  onTestFinished(() => {
    database.close();
  });
  return database;
}

function migration(number: number, sql: string): Migration {
  return { number, name: `000${number}-step.sql`, sha256: `hash of ${sql}`, sql };
}

function tablesOf(database: Database.Database): unknown[] {
  return database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).pluck().all();
}

const FIRST = migration(1, 'CREATE TABLE one (a INTEGER) STRICT');
const SECOND = migration(2, 'CREATE TABLE two (a INTEGER) STRICT');

describe('migrating', () => {
  it('applies each migration once, in order', () => {
    const database = openFile();
    expect(migrate(database, [FIRST])).toBe(1);
    expect(migrate(database, [FIRST, SECOND])).toBe(1);
    expect(migrate(database, [FIRST, SECOND])).toBe(0);
    expect(tablesOf(database)).toEqual(['migrations', 'one', 'two']);
    expect(database.pragma('user_version', { simple: true })).toBe(2);
  });

  it('refuses a database of a newer program', () => {
    const database = openFile();
    migrate(database, [FIRST, SECOND]);
    expect(() => migrate(database, [FIRST])).toThrow(expect.objectContaining({ code: 'database_newer' }));
    database.pragma('user_version = 1');
    expect(() => migrate(database, [FIRST])).toThrow(expect.objectContaining({ code: 'database_newer' }));
  });

  it('refuses when a migration that was applied has been edited', () => {
    const database = openFile();
    migrate(database, [FIRST]);
    const edited = { ...FIRST, sha256: 'another' };
    expect(() => migrate(database, [edited, SECOND])).toThrow(
      expect.objectContaining({ code: 'migration_edited' }),
    );
    expect(tablesOf(database)).toEqual(['migrations', 'one']);
  });

  it('refuses another program’s database', () => {
    const database = openFile();
    database.exec('CREATE TABLE recipes (name TEXT)');
    expect(() => migrate(database, [FIRST])).toThrow(expect.objectContaining({ code: 'database_foreign' }));
    expect(tablesOf(database)).toEqual(['recipes']);
  });

  it('leaves no trace of a migration that fails half-way', () => {
    const database = openFile();
    const broken = migration(2, 'CREATE TABLE two (a INTEGER) STRICT; INSERT INTO three VALUES (1)');
    expect(() => migrate(database, [FIRST, broken])).toThrow(/no such table: three/);
    expect(database.inTransaction).toBe(false);
    expect(tablesOf(database)).toEqual(['migrations', 'one']);
    expect(migrate(database, [FIRST, SECOND])).toBe(1);
  });

  it('tells, without writing, whether a database is at the newest schema', () => {
    const database = openFile();
    expect(() => requireMigrated(database, [FIRST])).toThrow(
      expect.objectContaining({ code: 'not_migrated' }),
    );
    expect(tablesOf(database)).toEqual([]);
    migrate(database, [FIRST]);
    requireMigrated(database, [FIRST]);
    expect(() => requireMigrated(database, [FIRST, SECOND])).toThrow(/0002-step.sql has not been applied/);
  });

  it('does not accept files that are misnamed or leave a number out', () => {
    for (const names of [['0002-b.sql'], ['0001-a.sql', '0003-c.sql'], ['first.sql']]) {
      const path = folder();
      for (const name of names) writeFileSync(join(path, name), 'SELECT 1');
      expect(() => readMigrations(path)).toThrow(/misnamed or out of order/);
    }
  });

  it('has migrations that neither cascade nor drop', () => {
    for (const { sql } of readMigrations()) {
      expect(sql).not.toMatch(/\bON DELETE\b|\bDROP TABLE\b|__new_/i);
      expect(sql.match(/CREATE TABLE/g)?.length).toBe(sql.match(/\) STRICT/g)?.length);
    }
  });

  it('done by several processes at once happens once, and all succeed', async () => {
    const store = join(import.meta.dirname, '../../src/store/sqlite/store.ts');
    for (let round = 0; round < 3; round += 1) {
      const path = join(folder(), 'ledger.db');
      const code = `import { openStore } from ${JSON.stringify(store)};
        await new Promise((resolve) => process.stdin.once('data', resolve));
        await openStore({ path: ${JSON.stringify(path)} }).close();
        process.exit(0);`;
      const children = [1, 2, 3].map(() => spawn(process.execPath, ['--input-type=module', '--eval', code]));
      const ends = children.map(
        (child) =>
          new Promise<string>((resolve) => {
            let said = '';
            child.stderr.on('data', (chunk) => {
              said += chunk;
            });
            child.on('close', (status) => resolve(`${status} ${said}`));
          }),
      );
      for (const child of children) child.stdin.write('go');
      expect(await Promise.all(ends)).toEqual(['0 ', '0 ', '0 ']);
      const database = openFile(path);
      expect(database.prepare('SELECT count(*) FROM migrations').pluck().get()).toBe(readMigrations().length);
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    }
  }, 30_000);
});
