import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  adherence,
  adherenceJson,
  CLI,
  type Environment,
  EXIT,
  environment,
  folder,
  importTruth,
  type RunDocument,
  simulatorOfFile,
} from './support.ts';

/** surface.md, letter by letter. */
const HEADER =
  'finding_id,agent_id,agent_name,team,kind,status,logged_state,reported_state,logged_at,reported_at,' +
  'drift_seconds,difference_from,difference_to,difference_seconds,shift_id,shift_edge,shift_edge_at,' +
  'shift_offset_seconds,correction_count,correction_status,reviewed_by,review_note,run_id,detected_at,time_zone,' +
  'logged_at_local,reported_at_local';

type Row = Readonly<Record<string, string>>;

describe('export', { timeout: 60_000 }, () => {
  let env: Environment;
  let whole: string;
  let rows: Row[];
  let run: RunDocument;

  beforeAll(async () => {
    const simulator = await simulatorOfFile({ seed: 11, agents: 12 });
    env = environment(await folder(afterAll), simulator);
    await importTruth(simulator, env);
    run = await adherenceJson<RunDocument>(['run'], env);
    whole = (await adherence(['export'], env)).stdout;
    rows = parse(whole, { columns: true, record_delimiter: '\r\n' });
  }, 60_000);

  test('has the columns of the surface in their order, CRLF after every line, and a row for each finding', () => {
    expect(whole.startsWith(`${HEADER}\r\n`)).toBe(true);
    expect(whole.endsWith('\r\n')).toBe(true);
    expect(whole.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(rows).toHaveLength(run.findings.new);
    expect(rows.length).toBeGreaterThan(20);
    const kinds: Record<string, number> = {};
    for (const { kind = '' } of rows) kinds[kind] = (kinds[kind] ?? 0) + 1;
    expect(kinds).toEqual(run.findings.byKind);
  });

  test('writes instants, seconds and local times as the surface says', () => {
    const instant = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)?$/;
    const local = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d)?$/;
    for (const row of rows) {
      for (const name of ['logged_at', 'reported_at', 'difference_from', 'detected_at', 'shift_edge_at'])
        expect(row[name]).toMatch(instant);
      for (const name of ['logged_at', 'reported_at']) {
        expect(row[`${name}_local`]).toMatch(local);
        expect(Date.parse(row[`${name}_local`] || '0')).toBe(Date.parse(row[name] || '0'));
      }
      expect(row.drift_seconds).toMatch(/^(-?\d+\.\d{3})?$/);
      expect(row.difference_seconds).toMatch(/^\d+\.\d{3}$/);
      expect(row.agent_name).not.toBe('');
      expect(row.time_zone).toMatch(/^\w+\/\w+$/);
      expect(row.run_id).toBe('1');
      if (row.kind !== 'boundary_drift') continue;
      const drift = (Date.parse(row.reported_at!) - Date.parse(row.logged_at!)) / 1000;
      expect(Number(row.drift_seconds)).toBe(drift);
      expect(row.correction_status).toBe(row.status === 'corrected' ? 'delivered' : '');
    }
  });

  test('is in order of difference_from, agent_id, finding_id, and the same bytes each time', async () => {
    const keys = rows.map((row) => [row.difference_from, row.agent_id, row.finding_id].join(' '));
    expect(keys).toEqual([...keys].sort());
    expect((await adherence(['export'], env)).stdout).toBe(whole);
  });

  test('filters by time, kind, agent and status, each alone and together', async () => {
    const middle = rows.slice(rows.length / 2).find((row) => Number(row.difference_seconds) > 0)!;
    const [from, to] = [middle.difference_from!, middle.difference_to!];
    const overlaps = (row: Row): boolean =>
      (row.difference_to! > from || row.difference_from! >= from) && row.difference_from! < to;
    const agent = rows.find(({ kind }) => kind === 'boundary_drift')!.agent_id!;
    const reviewed = rows.find(({ status }) => status === 'in_review')!.kind!;
    for (const [args, keep] of [
      [['--from', from, '--to', to], overlaps],
      [
        ['--agent', agent, '--kind', 'boundary_drift'],
        (row) => row.agent_id === agent && row.kind === 'boundary_drift',
      ],
      [
        ['--kind', reviewed, '--kind', 'report_gap', '--status', 'in_review'],
        (row) => [reviewed, 'report_gap'].includes(row.kind!) && row.status === 'in_review',
      ],
      [['--status', 'resolved'], () => false],
    ] as [string[], (row: Row) => boolean][]) {
      const { status, stdout } = await adherence(['export', ...args], env);
      expect(status).toBe(EXIT.done);
      const found = parse(stdout, { columns: true, record_delimiter: '\r\n' }) as Row[];
      expect(found).toEqual(rows.filter(keep));
      if (!args.includes('resolved')) expect(found.length).toBeGreaterThan(0);
    }
  });

  test('with --output makes the folder and leaves the file whole, and nothing beside it', async () => {
    const place = join(await folder(), 'new', 'folder');
    const { status, stdout, stderr } = await adherence(['export', '--output', join(place, 'drift.csv')], env);
    expect({ status, stdout, stderr }).toEqual({ status: EXIT.done, stdout: '', stderr: '' });
    expect(await readFile(join(place, 'drift.csv'), 'utf8')).toBe(whole);
    expect(await readdir(place)).toEqual(['drift.csv']);
  });

  test('with an --output that cannot be written says so in one line', async () => {
    const place = await folder();
    await mkdir(join(place, 'drift.csv', 'x'), { recursive: true });
    const { status, stdout, stderr } = await adherence(['export', '--output', join(place, 'drift.csv')], env);
    expect({ status, stdout }).toEqual({ status: EXIT.failed, stdout: '' });
    expect(stderr).toMatch(/^adherence: .*drift\.csv.*\n$/);
    expect(await readdir(place)).toEqual(['drift.csv']);
  });

  test.each(['export', 'audit export'])(
    '%s with an --output that is no file says what to do',
    async (command) => {
      const place = await folder();
      await mkdir(join(place, 'out'));
      for (const [output, says] of [
        [join(place, 'out'), `the folder ${join(place, 'out')}`],
        [join(place, 'out', '/'), `the folder ${join(place, 'out', '/')}`],
        [join(place, 'new', '/'), `the folder ${join(place, 'new', '/')}`],
        ['', 'nothing'],
      ] as const) {
        const ran = await adherence([...command.split(' '), '--output', output], env);
        const stderr = `adherence: --output must name a file, not ${says}\n`;
        expect(ran).toMatchObject({ status: EXIT.failed, stdout: '', stderr });
      }
      expect(await readdir(place, { recursive: true })).toEqual(['out']);
    },
  );

  test('into a pipe that nobody reads to its end is quiet', async () => {
    const pipe = `"${process.execPath}" "${CLI}" export | head -c 5; echo " \${PIPESTATUS[0]}"`;
    for (let turn = 0; turn < 2; turn += 1) {
      const shell = spawn('bash', ['-c', pipe], { env: { ...process.env, ...env, LOG_LEVEL: 'warn' } });
      let [out, err] = ['', ''];
      shell.stdout.on('data', (text: Buffer) => (out += text));
      shell.stderr.on('data', (text: Buffer) => (err += text));
      await new Promise((done) => shell.once('close', done));
      expect({ out, err }).toEqual({ out: 'findi 0\n', err: '' });
    }
  });
});

test('a port that is taken is one line, not a stack', { timeout: 60_000 }, async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const { status, stdout, stderr } = await adherence(['simulate', '--port', String(port)]);
  server.close();
  expect({ status, stdout }).toEqual({ status: EXIT.failed, stdout: '' });
  expect(stderr).toMatch(/^adherence: listen EADDRINUSE.*\n$/);
});
