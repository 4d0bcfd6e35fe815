import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock as clock } from '../../src/clock.ts';
import { backupDatabase } from '../../src/store/sqlite/backup.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { openTokenFile } from '../../src/store/token-file.ts';
import type { KeptToken, TokenKeeper, TokenRecord } from '../../src/usecases/ports.ts';
import { folder } from '../cli/support.ts';
import { KeptLog } from '../cxone/support.ts';

function token(refreshToken: string): KeptToken {
  const issuer = 'https://vendor.example';
  const life = { renewAt: 1, expiresAt: 2 };
  return { issuer, clientId: 'me', refreshToken, accessToken: 'access', ...life, scopes: ['a', 'b'] };
}

const RECORD: TokenRecord = { token: token('canary-kept'), seeds: ['digest'] };
const NOTHING: TokenRecord = { token: undefined, seeds: [] };

interface Place {
  readonly database: string;
  readonly keeper: TokenKeeper;
  readonly log: KeptLog;
}

async function place(): Promise<Place> {
  const database = join(await folder(), 'adherence.db');
  const log = new KeptLog();
  return { database, keeper: openTokenFile(database, { clock, log }), log };
}

async function write(keeper: TokenKeeper, record: TokenRecord): Promise<void> {
  const lock = await keeper.lock(1_000);
  lock.write(record);
  lock.release();
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe('the login file', () => {
  test('gives back what was written, and nothing before', async () => {
    const { keeper, database } = await place();
    expect(keeper.read()).toEqual(NOTHING);
    await write(keeper, RECORD);
    expect(keeper.read()).toEqual(RECORD);
    expect(keeper.where).toBe(`${database}.token.json`);
    await write(keeper, NOTHING);
    expect(keeper.read()).toEqual(NOTHING);
    expect(readFileSync(keeper.where, 'utf8')).not.toContain('canary');
  });

  test('may be read by its owner alone, whatever the umask, also while it is written', async () => {
    const { keeper, database } = await place();
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const lock = await keeper.lock(1_000);
    lock.reserve();
    expect(modeOf(`${keeper.where}.next`)).toBe('600');
    lock.write(RECORD);
    lock.release();
    expect(modeOf(keeper.where)).toBe('600');
    expect(modeOf(`${database}.token.lock`)).toBe('600');
  });

  test('that others may read is closed to them, and a warning says so once', async () => {
    const { keeper, log } = await place();
    await write(keeper, RECORD);
    chmodSync(keeper.where, 0o644);
    expect(keeper.read()).toEqual(RECORD);
    expect(keeper.read()).toEqual(RECORD);
    expect(modeOf(keeper.where)).toBe('600');
    expect(log.lines).toEqual([expect.stringMatching(/^warn others could read the login file; .*644/s)]);
    expect(log.lines[0]).not.toContain('canary');
  });

  test.each([
    ['half of it', '{"version":1,"token":{"issuer":"https://vend'],
    ['another version', '{"version":2,"seeds":[]}'],
    ['a token without its parts', '{"version":1,"token":{"issuer":"x"},"seeds":[]}'],
    ['nothing', ''],
  ])('with %s is damaged, not empty', async (_name, text) => {
    const { keeper } = await place();
    writeFileSync(keeper.where, text);
    expect(() => keeper.read()).toThrow(
      expect.objectContaining({
        code: 'login_required',
        message: `The login file ${keeper.where} is damaged.`,
      }),
    );
  });

  test('that cannot be read is said, not taken for none', async () => {
    const { keeper } = await place();
    mkdirSync(keeper.where);
    expect(() => keeper.read()).toThrow(
      expect.objectContaining({ code: 'login_required', message: expect.stringContaining('EISDIR') }),
    );
  });
});

describe('what a process that was killed left', () => {
  test.each([
    ['whole', `${JSON.stringify({ version: 1, ...RECORD })}\n`],
    ['whole, the reserved room behind it', `${JSON.stringify({ version: 1, ...RECORD })}${' '.repeat(500)}`],
  ])('%s: the new token is the one that is good', async (_name, text) => {
    const { keeper } = await place();
    await write(keeper, { token: token('canary-spent'), seeds: [] });
    writeFileSync(`${keeper.where}.next`, text, { mode: 0o600 });
    (await keeper.lock(1_000)).release();
    expect(keeper.read()).toEqual(RECORD);
    expect(existsSync(`${keeper.where}.next`)).toBe(false);
  });

  test.each([
    ['room that was reserved', ' '.repeat(500)],
    ['half of the new token', '{"version":1,"token":{"issuer":"https://vend'],
  ])('%s: what was there counts', async (_name, text) => {
    const { keeper } = await place();
    await write(keeper, RECORD);
    writeFileSync(`${keeper.where}.next`, text, { mode: 0o600 });
    (await keeper.lock(1_000)).release();
    expect(keeper.read()).toEqual(RECORD);
    expect(existsSync(`${keeper.where}.next`)).toBe(false);
  });

  test('is no lock: the system takes it back', async () => {
    const { keeper, database } = await place();
    const script = `
      import { openTokenFile } from '${join(import.meta.dirname, '../../src/store/token-file.ts')}';
      const clock = { now: () => 0, sleep: async () => undefined };
      const lock = await openTokenFile(process.argv[1], { clock, log: {} }).lock(0);
      lock.reserve();
      process.stdout.write('locked');
      setInterval(() => lock, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, database]);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    await expect(keeper.lock(0)).rejects.toMatchObject({ code: 'vendor_unavailable' });
    child.kill('SIGKILL');
    await once(child, 'close');
    const lock = await keeper.lock(0);
    expect(existsSync(`${keeper.where}.next`)).toBe(false);
    lock.release();
  });
});

describe('the lock', () => {
  test('is one, also within a process, and is waited for', async () => {
    const { keeper, database, log } = await place();
    const other = openTokenFile(database, { clock, log });
    const first = await keeper.lock(0);
    const waiting = other.lock(10_000);
    const order = ['first'];
    void waiting.then(() => order.push('second'));
    await clock.sleep(120);
    expect(order).toEqual(['first']);
    first.release();
    (await waiting).release();
    expect(order).toEqual(['first', 'second']);
  });

  test('is no longer waited for when the signal aborts', async () => {
    const { keeper, database, log } = await place();
    const lock = await keeper.lock(0);
    const giveUp = new AbortController();
    const waiting = openTokenFile(database, { clock, log }).lock(60_000, giveUp.signal);
    giveUp.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    lock.release();
  });

  test('makes the folder where there is none', async () => {
    const database = join(await folder(), 'a', 'b', 'adherence.db');
    const keeper = openTokenFile(database, { clock, log: new KeptLog() });
    expect(keeper.read()).toEqual(NOTHING);
    await write(keeper, RECORD);
    expect(keeper.read()).toEqual(RECORD);
  });
});

test('a disk that is full is noticed before anything is spent, and nothing is lost by it', async ({
  skip,
}) => {
  const path = await folder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return skip('only who may mount can try');
  }
  onTestFinished(() => void execFileSync('umount', ['-l', path]));
  const keeper = openTokenFile(join(path, 'adherence.db'), { clock, log: new KeptLog() });
  await write(keeper, RECORD);
  const lock = await keeper.lock(0);
  lock.reserve();
  const fill = (name: string): void =>
    expect(() => writeFileSync(join(path, name), Buffer.alloc(1_000_000))).toThrow('ENOSPC');
  fill('big');
  // The room was taken before.
  const later = { token: token('canary-later'), seeds: [] };
  lock.write(later);
  expect(keeper.read()).toEqual(later);
  fill('more');
  expect(() => lock.reserve()).toThrow(
    expect.objectContaining({ code: 'database_unusable', message: expect.stringContaining('ENOSPC') }),
  );
  lock.release();
  expect(existsSync(`${keeper.where}.next`)).toBe(false);
  expect(keeper.read()).toEqual(later);
});

test('backups hold nothing of it and cannot be written over it', async () => {
  const { keeper, database } = await place();
  const store = openStore({ path: database });
  onTestFinished(() => store.close());
  await write(keeper, RECORD);
  const copy = `${database}.backup`;
  await store.backup(copy);
  expect(readFileSync(copy).includes('canary')).toBe(false);
  expect(readFileSync(database).includes('canary')).toBe(false);
  for (const end of ['.token.json', '.token.json.next', '.token.lock']) {
    await expect(backupDatabase(database, `${database}${end}`)).rejects.toThrow('belongs to the database');
  }
  expect(keeper.read()).toEqual(RECORD);
});
