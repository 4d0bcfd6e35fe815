import { execFileSync } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { adherence, EXIT, environment, folder, writeText } from './support.ts';

const isRoot = process.getuid?.() === 0;

/** A file system of so many KiB, gone after the test. Needs the right to mount. */
async function smallDisk(kib: number): Promise<string | undefined> {
  const place = await folder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', place], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', place]));
  return place;
}

const transitions = (count: number): string =>
  Array.from({ length: count }, (_, i) => {
    const updatedTimestamp = new Date(Date.UTC(2026, 2, 2) + i * 1000).toISOString();
    return `${JSON.stringify({ userId: `user-${i % 100}`, state: `state-${i % 7}`, updatedTimestamp })}\n`;
  }).join('');

describe('a database that cannot be used is said clearly, with status 1', { timeout: 60_000 }, () => {
  test('when the folder is missing it is made', async () => {
    const place = await folder();
    const env = { ADHERENCE_DB: join(place, 'a', 'b', 'adherence.db') };
    expect(await adherence(['prune'], env)).toMatchObject({ status: EXIT.done, stderr: '' });
  });

  test('when a part of the path is a file, it is no database, or it is another program’s', async () => {
    const place = await folder();
    await writeText(join(place, 'file'), 'Dear diary,\n'.repeat(200));
    await mkdir(join(place, 'folder'));
    new Database(join(place, 'other.db')).exec('CREATE TABLE mine (x)').close();
    for (const [name, says] of [
      ['file/adherence.db', /a part of the path is a file/],
      ['file', /is not a database/],
      ['folder', /cannot be opened/],
      ['other.db', /belongs to another program/],
    ] as const) {
      const { status, stdout, stderr } = await adherence(['prune'], { ADHERENCE_DB: join(place, name) });
      expect({ name, status, stdout }).toEqual({ name, status: EXIT.failed, stdout: '' });
      const [line = '', hint = '', ...rest] = stderr.split('\n');
      expect(line).toMatch(says);
      expect(line).toMatch(/^adherence: The /);
      expect(hint).toMatch(/^[A-Z].*\.$/);
      expect(rest).toEqual(['']);
    }
    expect(new Database(join(place, 'other.db')).prepare('SELECT * FROM sqlite_schema').all()).toHaveLength(
      1,
    );
  });

  test('when a newer program wrote it, and nothing of it is changed', async () => {
    const env = environment(await folder());
    await adherence(['import', '-'], env, transitions(3));
    const database = new Database(env.ADHERENCE_DB);
    database.pragma('user_version = 9999');
    database.close();
    for (const args of [['runs'], ['import', '-'], ['export']]) {
      const { status, stdout, stderr } = await adherence(args, env, transitions(5));
      expect({ status, stdout }).toEqual({ status: EXIT.failed, stdout: '' });
      expect(stderr).toMatch(/^adherence: .*schema 9999.*\n.*newer one\.\n$/);
    }
  });

  test('when --dry-run finds none, it makes none', async () => {
    const place = await folder();
    const env = environment(place, undefined, {
      CXONE_BASE_URL: 'http://127.0.0.1:9',
      CXONE_CLIENT_ID: 'client',
      CXONE_CLIENT_SECRET: 'secret',
    });
    const { status, stderr } = await adherence(['run', '--dry-run'], env);
    expect(status).toBe(EXIT.failed);
    expect(stderr).toMatch(/^adherence: There is no database .*\n.*ADHERENCE_DB\.\n$/);
    expect(execFileSync('ls', [place]).toString()).toBe('');
  });

  test.each([[['export']], [['runs']]])('when %s finds none, it makes none', async (args) => {
    const place = await folder();
    const { status, stdout, stderr } = await adherence(args, environment(place));
    expect({ status, stdout }).toEqual({ status: EXIT.failed, stdout: '' });
    expect(stderr).toMatch(/^adherence: There is no database .*\n.*ADHERENCE_DB\.\n$/);
    expect(execFileSync('ls', [place]).toString()).toBe('');
  });

  test.skipIf(isRoot)('when it may only be read', async () => {
    const env = environment(await folder());
    await adherence(['import', '-'], env, transitions(3));
    await chmod(env.ADHERENCE_DB!, 0o444);
    const { status, stderr } = await adherence(['import', '-'], env, transitions(5));
    expect(status).toBe(EXIT.failed);
    expect(stderr).toMatch(/^adherence: The database .* cannot be written/);
  });

  test('when its file system is read-only', async (context) => {
    const disk = await smallDisk(2_048);
    if (disk === undefined) return context.skip('nothing may be mounted here');
    const env = environment(disk);
    await adherence(['import', '-'], env, transitions(3));
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const { status, stdout, stderr } = await adherence(['import', '-'], env, transitions(5));
    expect({ status, stdout }).toEqual({ status: EXIT.failed, stdout: '' });
    expect(stderr).toMatch(/^adherence: The database .* cannot be (written|opened).*\n[A-Z].*\.\n$/);
  });
});

describe('a disk that is full', { timeout: 60_000 }, () => {
  test('loses nothing that was committed and takes up where it was', async (context) => {
    const disk = await smallDisk(3_000);
    if (disk === undefined) return context.skip('nothing may be mounted here');
    const env = environment(disk);
    const text = transitions(250_000);
    const { status, stdout, stderr } = await adherence(['import', '-'], env, text);
    expect({ status, stdout }).toEqual({ status: EXIT.failed, stdout: '' });
    expect(stderr).toMatch(/^adherence: The database .* has no room left \(SQLITE_FULL\)\.\n[A-Z].*\.\n$/);
    execFileSync('mount', ['-o', 'remount,size=64m', disk]);
    const again = await adherence(['import', '-', '--json'], env, text);
    expect(again.status).toBe(EXIT.done);
    const { stored, duplicates } = JSON.parse(again.stdout);
    expect(stored + duplicates).toBe(250_000);
    const database = new Database(env.ADHERENCE_DB, { readonly: true });
    expect(database.prepare('SELECT count(*) AS rows FROM transitions').get()).toEqual({ rows: 250_000 });
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  });

  test('leaves no half of a CSV behind', async (context) => {
    const disk = await smallDisk(64);
    if (disk === undefined) return context.skip('nothing may be mounted here');
    const env = environment(await folder());
    await adherence(['import', '-'], env, transitions(1));
    fillFindings(env.ADHERENCE_DB!, 900);
    const output = join(disk, 'drift.csv');
    const { status, stdout, stderr } = await adherence(['export', '--output', output], env);
    expect({ status, stdout }).toEqual({ status: EXIT.failed, stdout: '' });
    expect(stderr).toMatch(/^adherence: ENOSPC: no space left on device, write\n$/);
    expect(execFileSync('ls', [disk]).toString()).toBe('');
  });
});

/** Findings as a run would leave them, more than a small disk holds. */
function fillFindings(path: string, count: number): void {
  const database = new Database(path);
  const agent = database.prepare('SELECT agent_no AS agentNo, user_id AS userId FROM agents').get() as object;
  const insert = database.prepare(
    `INSERT INTO findings (finding_id, agent_no, user_id, kind, group_name, instant, status, pieces, logged_state,
       difference_from, difference_to, difference_ms, run_id, detected_at, changed_at)
     VALUES ('fnd_' || :at, :agentNo, :userId, 'report_gap', 'gap', :at, 'in_review', '[]', 'available',
       :at, :at + 5000, 5000, 1, :at, :at)`,
  );
  for (let i = 0; i < count; i += 1) insert.run({ ...agent, at: Date.UTC(2026, 2, 2) + i * 60_000 });
  database.close();
}
