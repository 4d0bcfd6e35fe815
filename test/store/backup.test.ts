import {
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { restoreDatabase } from '../../src/store/sqlite/restore.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { decided, letGo, lockOf, MINUTE, RULE, T0, transition } from '../contract/store-fixtures.ts';
import { opened, scratchFile, scratchFolder } from './scratch.ts';

const NOBODY_IS_GONE = () => false;

function integrityOf(path: string): unknown {
  const database = new Database(path, { readonly: true });
  const found = database.pragma('integrity_check', { simple: true });
  database.close();
  return found;
}

describe('a backup', () => {
  it('is consistent while others write, and does not keep the event loop', async () => {
    const path = scratchFile();
    const store = opened({ path });
    const many = Array.from({ length: 200_000 }, (_, index) =>
      transition(`agent ${index % 500}`, index % 2 === 0 ? 'x' : 'y', T0 + index),
    );
    await store.recordTransitions(many, RULE);
    const target = join(scratchFolder(), 'copy.db');
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    let isDone = false;
    let written = 0;
    const backup = store.backup(target).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await store.recordTransitions([transition('writer', 'x', T0 + written)], RULE);
      written += 1;
      await new Promise((next) => setTimeout(next, 1));
    }
    await backup;
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(250);
    expect(written).toBeGreaterThan(0);
    expect(integrityOf(target)).toBe('ok');
    const count = new Database(target, { readonly: true });
    const rows = count.prepare('SELECT count(*) FROM transitions').pluck().get() as number;
    count.close();
    expect(rows).toBeGreaterThanOrEqual(200_000);
    expect(readdirSync(dirname(target))).toEqual(['copy.db']);
  }, 60_000);

  it('takes the place of the backup before it, but never of the database', async () => {
    const path = scratchFile();
    const store = opened({ path });
    const target = join(dirname(path), 'copy.db');
    await store.backup(target);
    const first = readFileSync(target);
    await store.recordTransitions([transition('a', 'x', T0)], RULE);
    await store.backup(target);
    expect(readFileSync(target)).not.toEqual(first);
    linkSync(path, `${path}.link`);
    for (const end of ['', '.link', '-wal', '.generation']) {
      await expect(store.backup(`${path}${end}`)).rejects.toMatchObject({
        code: 'database_unusable',
        message: expect.stringContaining('belongs to the database'),
      });
    }
    expect(await store.listAgents({ limit: 9 })).toHaveLength(1);
  });

  it('that cannot be written says so and leaves nothing behind', async () => {
    const store = opened({ path: scratchFile() });
    const folder = scratchFolder();
    await expect(store.backup(join(folder, 'none', 'copy.db'))).rejects.toMatchObject({
      code: 'database_unusable',
      message: expect.stringContaining('could not be written'),
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('restoring', () => {
  async function backedUp() {
    const path = scratchFile();
    const backup = join(scratchFolder(), 'copy.db');
    const store = openStore({ path });
    const lease = await lockOf(store);
    await letGo(store, lease, ['a']);
    await store.backup(backup);
    await letGo(store, lease, ['b']);
    await store.releaseLease('run', lease);
    return { path, backup, store };
  }

  it('puts the backup in place, on hold, and keeps what was there', async () => {
    const { path, backup, store } = await backedUp();
    await store.close();
    restoreDatabase(backup, path, NOBODY_IS_GONE);
    expect(readdirSync(dirname(path)).toSorted()).toEqual([
      'ledger.db',
      'ledger.db.before-restore',
      'ledger.db.generation',
    ]);
    const restored = opened({ path });
    expect(await restored.isOnHold()).toBe(true);
    expect((await restored.listAgents({ limit: 9 })).map(({ userId }) => userId)).toEqual(['a']);
    await restored.leaveHold(decided());
    const due = await restored.dueCorrections(T0 + 99 * MINUTE, 9);
    expect(due).toMatchObject([{ userId: 'a', madeBeforeHold: true }]);
    const old = new Database(`${path}.before-restore`, { readonly: true });
    expect(old.prepare('SELECT user_id FROM agents').pluck().all()).toEqual(['a', 'b']);
    old.close();
    await restored.close();
    restoreDatabase(`${path}.before-restore`, path, NOBODY_IS_GONE);
    const again = opened({ path });
    expect(await again.isOnHold()).toBe(true);
    expect(await again.listAgents({ limit: 9 })).toHaveLength(2);
  });

  it('gives a database where there was none, or one that is damaged', async () => {
    const { path, backup, store } = await backedUp();
    await store.close();
    const fresh = scratchFile();
    restoreDatabase(backup, fresh, NOBODY_IS_GONE);
    expect(await opened({ path: fresh }).isOnHold()).toBe(true);
    writeFileSync(path, 'nothing that SQLite knows'.repeat(1_000));
    restoreDatabase(backup, path, NOBODY_IS_GONE);
    expect(await opened({ path }).listAgents({ limit: 9 })).toHaveLength(1);
    expect(readFileSync(`${path}.before-restore`, 'utf8')).toMatch(/^nothing/);
  });

  it('is refused while another has the lock, or the database open', async () => {
    const { path, backup, store } = await backedUp();
    const before = readFileSync(`${path}.generation`);
    const open = { code: 'lock_held', message: expect.stringContaining('open') };
    expect(() => restoreDatabase(backup, path, NOBODY_IS_GONE)).toThrow(expect.objectContaining(open));
    await lockOf(store, 'the worker', T0 + 90 * MINUTE);
    await store.close();
    const held = { code: 'lock_held', message: expect.stringContaining('the worker holds the lock') };
    expect(() => restoreDatabase(backup, path, NOBODY_IS_GONE)).toThrow(expect.objectContaining(held));
    expect(existsSync(`${path}.before-restore`)).toBe(false);
    expect(readFileSync(`${path}.generation`)).not.toEqual(before);
    restoreDatabase(backup, path, (owner) => owner === 'the worker');
    expect(await opened({ path }).isOnHold()).toBe(true);
  });

  it('counts a lock whose time is up as free when it knows the time', async () => {
    const { path, backup, store } = await backedUp();
    await lockOf(store, 'another host', T0 + 90 * MINUTE);
    await store.close();
    restoreDatabase(backup, path, NOBODY_IS_GONE, T0 + 91 * MINUTE);
    expect(await opened({ path }).isOnHold()).toBe(true);
  });

  it('refuses what is no backup of ours, and changes nothing', async () => {
    const { path, backup, store } = await backedUp();
    await store.close();
    const before = [readFileSync(path), readFileSync(`${path}.generation`)];
    const folder = scratchFolder();
    function made(name: string, make: (file: string) => void): string {
      const file = join(folder, name);
      make(file);
      return file;
    }
    const cases: [file: string, code: string, words: string][] = [
      [join(folder, 'none'), 'database_unusable', 'There is no backup'],
      [folder, 'database_unusable', 'There is no backup'],
      [path, 'database_unusable', 'is the database itself'],
      [made('empty', (file) => writeFileSync(file, '')), 'database_unusable', 'is empty'],
      [
        made('diary', (file) => writeFileSync(file, 'Dear diary'.repeat(999))),
        'database_unusable',
        'is not a database',
      ],
      [
        made('recipes', (file) => new Database(file).exec('CREATE TABLE recipes (name TEXT)').close()),
        'database_unusable',
        'belongs to another program',
      ],
      [
        made('newer', (file) => {
          copyFileSync(backup, file);
          const database = new Database(file);
          database.pragma('user_version = 99');
          database.close();
        }),
        'database_newer',
        'schema 99',
      ],
      [
        made('cut', (file) => {
          copyFileSync(backup, file);
          truncateSync(file, 40_960);
        }),
        'database_unusable',
        'damaged',
      ],
    ];
    for (const [file, code, words] of cases) {
      expect(() => restoreDatabase(file, path, NOBODY_IS_GONE), words).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(words) }),
      );
    }
    expect([readFileSync(path), readFileSync(`${path}.generation`)]).toEqual(before);
    expect(readdirSync(dirname(path)).toSorted()).toEqual(['ledger.db', 'ledger.db.generation']);
  });
});
