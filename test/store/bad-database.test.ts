import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProgramError } from '../../src/domain/errors.ts';
import { connect } from '../../src/store/sqlite/connection.ts';
import { eventLog } from '../../src/store/sqlite/event-log.ts';
import { folderError } from '../../src/store/sqlite/sqlite-errors.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { RULE, T0, transition } from '../contract/store-fixtures.ts';
import { opened, scratchFile, scratchFolder } from './scratch.ts';

function refusal(path: string, readonly = false): ProgramError {
  try {
    openStore({ path, readonly });
  } catch (error) {
    return error as ProgramError;
  }
  throw new Error('It was opened.');
}

function unusable(words: string) {
  return {
    code: 'database_unusable',
    message: expect.stringContaining(words),
    hint: expect.stringMatching(/\.$/),
  };
}

/** Modes do not bind root, so a child opens the file as nobody. */
function refusalAsNobody(path: string): Record<string, string> {
  const module = join(import.meta.dirname, '../../src/store/sqlite/store.ts');
  const code = `import { openStore } from ${JSON.stringify(module)};
    try { openStore({ path: ${JSON.stringify(path)} }); console.log('{}'); }
    catch ({ code, message, hint }) { console.log(JSON.stringify({ code, message, hint })); }`;
  const identity = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    encoding: 'utf8',
    ...identity,
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout);
}

describe('opening a database that cannot be used', () => {
  it('makes missing folders', () => {
    const path = join(scratchFolder(), 'some', 'folders', 'ledger.db');
    opened({ path });
    expect(existsSync(path)).toBe(true);
  });

  it('says that the folder cannot be made', () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(refusal(join(folder, 'file', 'ledger.db'))).toMatchObject(
      unusable('a part of the path is a file'),
    );
    expect(refusal('/proc/nowhere/ledger.db')).toMatchObject(unusable('cannot be used'));
  });

  it('says that it is a folder', () => {
    expect(refusal(scratchFolder())).toMatchObject(unusable('cannot be opened'));
  });

  it.runIf(process.platform !== 'win32')('says that the file or its folder may only be read', () => {
    const folder = scratchFolder();
    const path = join(folder, 'ledger.db');
    void openStore({ path }).close();
    chmodSync(folder, 0o755);
    chmodSync(path, 0o444);
    expect(refusalAsNobody(path)).toMatchObject({ code: 'database_unusable' });
    expect(refusalAsNobody(join(folder, 'new.db'))).toMatchObject({ code: 'database_unusable' });
    expect(refusalAsNobody(join(folder, 'new', 'new.db'))).toMatchObject({
      code: 'database_unusable',
      message: expect.stringContaining('this user may not write there'),
    });
  });

  it('says that it is not a database, and leaves it alone', () => {
    const path = scratchFile();
    writeFileSync(path, 'Dear diary, today I was mistaken for a database.'.repeat(100));
    const before = readFileSync(path);
    expect(refusal(path)).toMatchObject(unusable('is not a database'));
    expect(refusal(path, true)).toMatchObject(unusable('is not a database'));
    expect(readFileSync(path)).toEqual(before);
  });

  it('says that it is another program’s, and leaves it alone', () => {
    const path = scratchFile();
    new Database(path).exec('CREATE TABLE recipes (name TEXT)').close();
    expect(refusal(path)).toMatchObject(unusable('belongs to another program'));
    expect(refusal(path, true)).toMatchObject(unusable('belongs to another program'));
  });

  it('says that a newer program wrote it', () => {
    const path = scratchFile();
    void openStore({ path }).close();
    const database = new Database(path);
    database.pragma('user_version = 999');
    database.close();
    for (const readonly of [false, true]) {
      expect(refusal(path, readonly)).toMatchObject({
        code: 'database_newer',
        message: expect.stringContaining('schema 999'),
        hint: expect.stringContaining('newer'),
      });
    }
  });

  it('says that there is none, or an empty one, to read', () => {
    const path = scratchFile();
    expect(refusal(path, true)).toMatchObject(unusable('There is no database'));
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, '');
    expect(refusal(path, true)).toMatchObject(unusable('has not been applied'));
    expect(statSync(path).size).toBe(0);
  });

  it('reads without writing a byte', async () => {
    const path = scratchFile();
    const store = openStore({ path });
    await store.recordTransitions([transition('a', 'x', T0)], RULE);
    await store.close();
    const before = readFileSync(path);
    const reader = openStore({ path, readonly: true });
    expect(await reader.listAgents({ limit: 9 })).toHaveLength(1);
    await reader.close();
    expect(readFileSync(path)).toEqual(before);
  });

  it.each([
    [
      'ENOSPC',
      'no room is left on the disk',
      'Free disk space, or let ADHERENCE_DB name a file on another disk.',
    ],
    [
      'EACCES',
      'this user may not write',
      'Let ADHERENCE_DB name a file in a folder that this user may write.',
    ],
  ])('says what helps when its folder cannot be used: %s', (code, words, hint) => {
    const error = folderError('/data', Object.assign(new Error(code), { code }));
    expect(error).toMatchObject({ ...unusable(words), hint });
  });

  it('says that the disk is full, and keeps what it had', async () => {
    const path = scratchFile();
    const connection = connect(path, { readonly: false, bulk: false });
    onTestFinished(() => {
      connection.database.close();
    });
    const log = eventLog(connection);
    await log.recordTransitions([transition('a', 'x', T0)], RULE);
    const pages = connection.database.pragma('page_count', { simple: true }) as number;
    connection.database.pragma(`max_page_count = ${pages + 5}`);
    const many = Array.from({ length: 5_000 }, (_, index) =>
      transition(`agent ${index % 97}`, 'y', T0 + index),
    );
    await expect(log.recordTransitions(many, RULE)).rejects.toMatchObject(unusable('has no room left'));
    const store = opened({ path });
    expect(await store.listAgents({ limit: 9 })).toMatchObject([{ userId: 'a' }]);
    connection.database.pragma('max_page_count = 100000');
    expect(await log.recordTransitions(many, RULE)).toEqual({ stored: 5_000, duplicates: 0 });
  });
});
