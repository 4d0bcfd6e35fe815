import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { adherence, begin, type Environment, EXIT, environment, folder, writeText } from './support.ts';

interface ImportDocument {
  readonly read: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly errors: readonly { readonly line: number; readonly field: string; readonly message: string }[];
}

interface Row {
  readonly user: string;
  readonly at: number;
  readonly state: string;
}

/** What the log holds, in order. */
function logOf(env: Environment): Row[] {
  const database = new Database(env.ADHERENCE_DB, { readonly: true });
  try {
    return database
      .prepare(
        `SELECT user_id AS user, at, states.name AS state FROM transitions
         JOIN agents USING (agent_no) JOIN states USING (state_no) ORDER BY user_id, at, states.name`,
      )
      .all() as Row[];
  } finally {
    database.close();
  }
}

async function importText(
  env: Environment,
  text: string | Buffer,
  ...options: string[]
): Promise<{ status: number | null; stderr: string; document: ImportDocument }> {
  const { status, stdout, stderr } = await adherence(['import', '-', '--json', ...options], env, text);
  if (stdout === '') throw new Error(stderr);
  return { status, stderr, document: JSON.parse(stdout) as ImportDocument };
}

const T = Date.UTC(2026, 2, 2, 8);
const line = (fields: object): string => `${JSON.stringify(fields)}\n`;
const at = (instant: number): string => new Date(instant).toISOString();

describe('importing NDJSON', { timeout: 60_000 }, () => {
  test('takes what is right, names what is not by line and field, and stores nothing twice', async () => {
    const now = Date.now();
    const env = environment(await folder());
    const text = [
      '\uFEFF{"userId":"u1","state":"Available","updatedTimestamp":"2026-03-02T08:00:00Z"}\r\n',
      // The same instant twice, in two states; the same transition in other words.
      line({ userId: 'u1', state: 'talking', updatedTimestamp: '2026-03-02T08:00:00.000Z' }),
      line({ userId: 'u1', state: ' AVAILABLE ', updatedTimestamp: '2026-03-02T09:00:00+01:00' }),
      // Out of order, with an offset.
      line({ userId: 'u1', state: 'acw', updatedTimestamp: '2026-03-01T21:30:00.250-10:30' }),
      '\n',
      line({ userId: 'u1', state: '', updatedTimestamp: '2026-03-02T08:00:00Z' }),
      line({ userId: 'u1', state: 'acw', updatedTimestamp: at(now + 6 * 60_000) }),
      line({ userId: 'u2', state: 'acw', updatedTimestamp: at(now + 4 * 60_000) }),
      line({ userId: 'u1', state: 'acw', updatedTimestamp: '1999-12-31T23:59:59.999Z' }),
      line({ userId: 'u1', state: 'acw', updatedTimestamp: '2026-03-02T08:00:00' }),
      line({ userId: 7, state: 'acw', updatedTimestamp: '2026-03-02T08:00:00Z' }),
      line({ state: 'acw', updatedTimestamp: '2026-03-02T08:00:00Z' }),
      line({ userId: 'u1', state: 'x'.repeat(1_000_000), updatedTimestamp: '2026-03-02T08:00:00Z' }),
      '{"userId":"u1","state":\n',
      '[]\n',
      line({ userId: 'u3', state: 'break', updatedTimestamp: '2000-01-01T00:00:00Z', eventId: 'e1' }),
      line({ userId: 'u3', state: 'lunch', updatedTimestamp: '2026-03-02T08:00:00Z', eventId: 'e1' }),
      '{"userId":"u4","state":"busy","updatedTimestamp":"2026-03-02T08:00:00Z"}',
    ].join('');
    const first = await importText(env, text);
    expect(first.status).toBe(EXIT.partial);
    const { errors, ...counts } = first.document;
    expect(errors.map(({ line: number, field }) => [number, field])).toEqual([
      [6, 'state'],
      [7, 'updatedTimestamp'],
      [9, 'updatedTimestamp'],
      [10, 'updatedTimestamp'],
      [11, 'userId'],
      [12, 'userId'],
      [13, 'line'],
      [14, 'line'],
      [15, 'line'],
    ]);
    for (const { message } of errors) expect(message).toMatch(/^\S.{3,120}$/);
    expect(counts).toEqual({ read: 17, stored: 6, duplicates: 2, rejected: 9 });
    const stored = logOf(env);
    expect(stored).toEqual([
      { user: 'u1', at: T, state: 'available' },
      { user: 'u1', at: T, state: 'talking' },
      { user: 'u1', at: T + 250, state: 'acw' },
      { user: 'u2', at: now + 4 * 60_000, state: 'acw' },
      { user: 'u3', at: Date.UTC(2000, 0, 1), state: 'break' },
      { user: 'u4', at: T, state: 'busy' },
    ]);
    const again = await importText(env, text);
    expect(again.document).toMatchObject({ read: 17, stored: 0, duplicates: 8, rejected: 9 });
    expect(logOf(env)).toEqual(stored);
  });

  test('says in words how much there was, and the first bad lines', async () => {
    const env = environment(await folder());
    const { status, stdout, stderr } = await adherence(['import', '-'], env, 'x\n'.repeat(25));
    expect(status).toBe(EXIT.partial);
    expect(stdout).toBe('25 lines read: 0 stored, 0 known already, 25 rejected\n');
    expect(stderr.split('\n').slice(0, 1)).toEqual(['line 1: line: is not valid JSON']);
    expect(stderr.split('\n')).toHaveLength(22);
    expect(stderr).toMatch(/and 5 more rejected lines/);
  });

  test('of nothing is nothing wrong', async () => {
    const { status, document } = await importText(environment(await folder()), '');
    expect(status).toBe(EXIT.done);
    expect(document).toEqual({ read: 0, stored: 0, duplicates: 0, rejected: 0, errors: [] });
  });
});

describe('importing CSV', { timeout: 60_000 }, () => {
  test('reads columns by their names, quoted cells, and says which rows are wrong', async () => {
    const place = await folder();
    const env = environment(place);
    const text = [
      '\uFEFFupdatedTimestamp,team,state,userId\r\n',
      '2026-03-02T08:00:00Z,"a, ""b""",Available,u1\r\n',
      '2026-03-02T08:00:01Z,,talking\r\n',
      '2026-03-02T08:00:02Z,,,u1\r\n',
      '2026-03-02T09:00:03+01:00,,acw,u1',
    ].join('');
    const file = await writeText(join(place, 'Shift.CSV'), text);
    const { status, stdout } = await adherence(['import', file, '--json'], env);
    expect(status).toBe(EXIT.partial);
    const { errors, ...counts } = JSON.parse(stdout) as ImportDocument;
    expect(counts).toEqual({ read: 4, stored: 2, duplicates: 0, rejected: 2 });
    expect(errors.map(({ line: number, field }) => [number, field])).toEqual([
      [3, 'line'],
      [4, 'state'],
    ]);
    expect(logOf(env)).toEqual([
      { user: 'u1', at: T, state: 'available' },
      { user: 'u1', at: T + 3_000, state: 'acw' },
    ]);
    const again = await importText(env, text, '--format', 'csv');
    expect(again.document).toMatchObject({ stored: 0, duplicates: 2 });
  });

  test.each([
    ['', /^adherence: line 1: the CSV header is missing: the file is empty$/m],
    ['user,state\nu1,acw\n', /^adherence: line 1: the CSV header has no column userId, updatedTimestamp$/m],
  ])('without a usable header (%j) is refused as a whole', async (text, message) => {
    const { status, stdout, stderr } = await adherence(
      ['import', '-', '--format', 'csv'],
      environment(await folder()),
      text,
    );
    expect({ status, stdout }).toEqual({ status: EXIT.usage, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('a file that cannot be read', { timeout: 60_000 }, () => {
  test('is one line and status 2: missing, a folder, or a part of the path a file', async () => {
    const place = await folder();
    const env = environment(place);
    await mkdir(join(place, 'shift.csv'));
    await writeText(join(place, 'file'), '');
    for (const [name, why] of [
      ['missing.csv', 'ENOENT'],
      ['shift.csv', 'is a folder'],
      ['file/shift.csv', 'ENOTDIR'],
    ] as const) {
      const { status, stdout, stderr } = await adherence(['import', join(place, name)], env);
      expect({ status, stdout }).toEqual({ status: EXIT.usage, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^adherence: .*${name}.*${why}.*\n$`));
    }
  });
});

test('an import is stopped by the first signal, and what was committed stays', {
  timeout: 60_000,
}, async () => {
  const env = environment(await folder());
  const waiting = begin(['import', '-'], env, 'left open');
  const text = Array.from({ length: 120_000 }, (_, i) =>
    line({ userId: `u${i % 50}`, state: `s${i % 7}`, updatedTimestamp: at(T + i * 1000) }),
  ).join('');
  waiting.child.stdin?.write(text);
  const deadline = Date.now() + 20_000;
  while (rowsIn(env) === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  const stopped = Date.now();
  waiting.child.kill('SIGTERM');
  const { status, stdout, stderr } = await waiting.ended;
  expect(Date.now() - stopped).toBeLessThan(5_000);
  expect({ status, stdout }).toEqual({ status: EXIT.failed, stdout: '' });
  expect(stderr).toBe('adherence: stopped by SIGTERM; what was committed stays\n');
  expect(logOf(env).length).toBeGreaterThanOrEqual(100_000);
});

function rowsIn(env: Environment): number {
  try {
    return logOf(env).length;
  } catch {
    return 0;
  }
}
