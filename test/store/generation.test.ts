import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/sqlite/store.ts';
import { decided, letGo, lockOf, MINUTE, T0 } from '../contract/store-fixtures.ts';
import { opened, scratchFile } from './scratch.ts';

async function isOnHold(path: string, readonly = false): Promise<boolean> {
  const store = openStore({ path, readonly });
  const held = await store.isOnHold();
  await store.close();
  return held;
}

/** Without its log there is nothing but the one file to copy. */
function copyOf(path: string): string {
  const copy = `${path}.copy`;
  const database = new Database(path);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  copyFileSync(path, copy);
  return copy;
}

function putInPlace(copy: string, path: string): void {
  for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  renameSync(copy, path);
}

function whyOf(path: string): unknown {
  const database = new Database(path, { readonly: true });
  const why = database.prepare('SELECT why FROM holds WHERE left_at IS NULL').pluck().get();
  database.close();
  return why;
}

describe('a database and the file beside it', () => {
  it('fit each other however often it is opened', async () => {
    const path = scratchFile();
    for (let count = 0; count < 3; count += 1) expect(await isOnHold(path)).toBe(false);
    const file = JSON.parse(readFileSync(`${path}.generation`, 'utf8'));
    expect(file).toEqual({ current: { generation: 3, nonce: expect.any(Number) } });
  });

  it('are left alone by whoever only reads', async () => {
    const path = scratchFile();
    expect(await isOnHold(path)).toBe(false);
    const before = [readFileSync(path), readFileSync(`${path}.generation`)];
    expect(await isOnHold(path, true)).toBe(false);
    expect([readFileSync(path), readFileSync(`${path}.generation`)]).toEqual(before);
    rmSync(`${path}.generation`);
    expect(await isOnHold(path, true)).toBe(false);
  });

  it('tell an older copy that was put in place, until a person ends the hold', async () => {
    const path = scratchFile();
    await isOnHold(path);
    const copy = copyOf(path);
    await isOnHold(path);
    putInPlace(copy, path);
    expect(await isOnHold(path)).toBe(true);
    expect(whyOf(path)).toBe('another database was put in place: its generation is 1, beside it it is 2');
    const store = opened({ path });
    await store.leaveHold(decided());
    await store.close();
    expect(await isOnHold(path)).toBe(false);
  });

  it('tell a copy that was made just before something was sent', async () => {
    const path = scratchFile();
    const store = opened({ path });
    const copy = copyOf(path);
    await lockOf(store);
    await store.close();
    putInPlace(copy, path);
    expect(await isOnHold(path)).toBe(true);
  });

  it('tell a copy that went another way, even as far as this one', async () => {
    const path = scratchFile();
    await isOnHold(path);
    const copy = copyOf(path);
    copyFileSync(`${path}.generation`, `${copy}.generation`);
    await isOnHold(copy);
    await isOnHold(path);
    putInPlace(copy, path);
    expect(await isOnHold(path)).toBe(true);
  });

  it('tell a database that was deleted, moved away from its file, or whose file is nonsense', async () => {
    const path = scratchFile();
    await isOnHold(path);
    for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    expect(await isOnHold(path)).toBe(true);
    const other = scratchFile();
    await isOnHold(other);
    rmSync(`${other}.generation`);
    expect(await isOnHold(other)).toBe(true);
    const third = scratchFile();
    await isOnHold(third);
    writeFileSync(`${third}.generation`, '[');
    expect(await isOnHold(third)).toBe(true);
  });

  it('fit after a crash at any instant while they were raised', async () => {
    const path = scratchFile();
    await isOnHold(path);
    const [one, oneFile] = [copyOf(path), readFileSync(`${path}.generation`, 'utf8')];
    await isOnHold(path);
    const [two, twoFile] = [readFileSync(path), readFileSync(`${path}.generation`, 'utf8')];
    const { current } = JSON.parse(oneFile);
    const raised = JSON.stringify({ current, next: JSON.parse(twoFile).current });
    for (const database of [readFileSync(one), two]) {
      writeFileSync(path, database);
      writeFileSync(`${path}.generation`, raised);
      expect(await isOnHold(path)).toBe(false);
    }
    const fresh = scratchFile();
    writeFileSync(
      `${fresh}.generation`,
      JSON.stringify({ current: { generation: 0, nonce: 0 }, next: current }),
    );
    expect(await isOnHold(fresh)).toBe(false);
  });

  it('stop a process under which the database was exchanged', async () => {
    const path = scratchFile();
    const store = opened({ path });
    const lease = await lockOf(store);
    await letGo(store, lease, ['a']);
    const { correctionId } = (await store.dueCorrections(T0 + 60 * MINUTE, 1))[0]!;
    const copy = copyOf(path);
    renameSync(path, `${path}.old`);
    for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    renameSync(copy, path);
    await isOnHold(path);
    const gone = { code: 'database_unusable', message: expect.stringContaining('no longer the one') };
    await expect(store.beginAttempt(lease, correctionId, T0 + 60 * MINUTE)).rejects.toMatchObject(gone);
    await expect(lockOf(store, 'me', T0 + MINUTE)).rejects.toMatchObject(gone);
  });

  it('fit whatever several processes do at once', async () => {
    const path = scratchFile();
    const module = join(import.meta.dirname, '../../src/store/sqlite/store.ts');
    const code = `import { openStore } from ${JSON.stringify(module)};
      for (let count = 0; count < 15; count += 1) {
        const store = openStore({ path: ${JSON.stringify(path)} });
        await store.takeLease('run', String(process.pid), count, 1, () => true);
        if (await store.isOnHold()) process.exit(7);
        await store.close();
      }`;
    const ends = [1, 2, 3].map(
      () =>
        new Promise((settle) => {
          const child = spawn(process.execPath, ['--input-type=module', '--eval', code]);
          let said = '';
          child.stderr.on('data', (chunk) => {
            said += chunk;
          });
          child.on('close', (status) => settle(`${status} ${said}`));
        }),
    );
    expect(await Promise.all(ends)).toEqual(['0 ', '0 ', '0 ']);
    expect(await isOnHold(path)).toBe(false);
  }, 60_000);
});
