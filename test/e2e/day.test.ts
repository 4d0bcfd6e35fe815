import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding, Piece } from '../../src/domain/finding.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { ORDINARY_REPORT_FAULTS } from '../../src/simulator/report-faults.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import {
  adherence,
  adherenceJson,
  agentIds,
  DAY_MS,
  type Environment,
  EXIT,
  environment,
  folder,
  HOUR_MS,
  importTruth,
  MINUTE_MS,
  type RunDocument,
  simulatorOfFile,
} from '../cli/support.ts';
import { type OracleDay, oracleClaims, oracleJudgeDay } from '../support/oracle.ts';
import { expectLedgersAgree, inForce, joined, rowsOf } from './ledgers.ts';

/*
 * Whole days through the command line, held against the oracle: a second reading of the rule book that shares no
 * code with the judge. Log and report are asked of the simulator directly, not of anything the program stored.
 */

const AGENTS = 12;
/** More of everything than on an ordinary day, so that a day has all kinds. */
const FAULTS = {
  ...ORDINARY_REPORT_FAULTS,
  driftShare: 0.25,
  earlyShare: 0.1,
  driftMaxMs: 12_000,
  lostShare: 0.03,
  inventedShare: 0.03,
  gapShare: 0.03,
  overlapShare: 0.03,
  wrongDurationShare: 0.03,
};

type Row = Readonly<Record<string, string>>;

/** What the oracle says of an agent's window. */
function oracleFindings(
  simulator: Simulator,
  userId: string,
  window: { from: number; to: number },
): Finding[] {
  const { centre, reporter } = simulator.vendor;
  const user = centre.findAgent(userId)!;
  const { marginMs } = DEFAULT_POLICY;
  const range = { start: window.from - marginMs, end: window.to + marginMs };
  const day: OracleDay = {
    log: centre.truth(user, window.from - 6 * DAY_MS, range.end).map(({ at, state }, sequence) => {
      return {
        at,
        state,
        receivedAt: at,
        sequence,
        told: true,
        confirmedUntil: undefined,
        absentAt: undefined,
      };
    }),
    report: reporter
      .entries(user, range.start, range.end, Date.now())
      .map(({ start, end, state, durationMs }) => {
        return { start, end, state, durationSeconds: durationMs / 1000 };
      }),
    shifts: centre.shifts(user, range.start - HOUR_MS, range.end + HOUR_MS),
    policy: DEFAULT_POLICY,
  };
  return oracleJudgeDay([window], day);
}

const iso = (instant: number | undefined): string =>
  instant === undefined ? '' : new Date(instant).toISOString();
const seconds = (ms: number | undefined): string => (ms === undefined ? '' : (ms / 1000).toFixed(3));
const CORRECTED = 'boundary_drift';

/** The columns of the CSV that follow from the finding itself. */
function expectedRow(userId: string, finding: Finding): Row {
  const { kind, pieces, shift } = finding;
  const isCorrected = kind === CORRECTED && shift === undefined;
  const from = pieces[0]?.start ?? finding.instant;
  const to = Math.max(from, ...pieces.map(({ end }) => end));
  return {
    agent_id: userId,
    kind,
    status: isCorrected ? 'corrected' : 'in_review',
    logged_state: finding.loggedState ?? '',
    reported_state: finding.reportedState ?? '',
    logged_at: iso(finding.loggedAt),
    reported_at: iso(finding.reportedAt),
    drift_seconds: seconds(finding.driftMs),
    difference_from: iso(from),
    difference_to: iso(to),
    difference_seconds: seconds(pieces.reduce((sum: number, { start, end }: Piece) => sum + end - start, 0)),
    shift_id: shift?.shiftId ?? '',
    shift_edge: shift?.edge ?? '',
    shift_edge_at: iso(shift?.edgeAt),
    shift_offset_seconds: seconds(shift?.offsetMs),
    correction_status: isCorrected ? 'delivered' : '',
  };
}

function sortedRows(rows: readonly Row[]): Row[] {
  const key = (row: Row): string =>
    [row.difference_from, row.agent_id, row.kind, row.logged_at, row.reported_at].join(' ');
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function picked(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(columns.map((column) => [column, row[column]!]));
}

async function exported(env: Environment): Promise<Row[]> {
  const { status, stdout, stderr } = await adherence(['export'], env);
  expect({ status, stderr }).toEqual({ status: EXIT.done, stderr: '' });
  return parse(stdout, { columns: true, record_delimiter: '\r\n' });
}

/** The CSV has the oracle's findings of this time and no other; the vendor has their claims, each once. */
async function expectOracle(
  simulator: Simulator,
  env: Environment,
  from: number,
  to: number,
): Promise<number> {
  const expected: Row[] = [];
  for (const userId of agentIds(simulator)) {
    const findings = oracleFindings(simulator, userId, { from, to });
    expected.push(...findings.map((finding) => expectedRow(userId, finding)));
    const claims = findings
      .filter(({ kind, shift }) => kind === CORRECTED && shift === undefined)
      .flatMap(({ pieces }) => oracleClaims(pieces));
    expect(inForce(simulator, userId), userId).toEqual(joined(claims));
  }
  const columns = Object.keys(expected[0]!);
  const rows = (await exported(env)).map((row) => picked(row, columns));
  expect(sortedRows(rows)).toEqual(sortedRows(expected));
  return rows.length;
}

describe('a day that falls due at once', { timeout: 120_000 }, () => {
  let simulator: Simulator;
  let env: Environment;
  let run: RunDocument;

  beforeAll(async () => {
    simulator = await simulatorOfFile({ seed: 41, agents: AGENTS, reportFaults: FAULTS });
    env = environment(await folder(afterAll), simulator, { ADHERENCE_MAX_WINDOW_SECONDS: '18000' });
    await importTruth(simulator, env, 144);
    run = await adherenceJson<RunDocument>(['run'], env);
  }, 60_000);

  test('is found as the oracle has it: every finding in every column, every claim at the vendor once', async () => {
    expect(run).toMatchObject({ status: 'done', agents: { planned: AGENTS, judged: AGENTS, failed: 0 } });
    expect(run.windows).toBe(AGENTS * 5);
    const [from, to] = [Date.parse(run.from!), Date.parse(run.to!)];
    expect(to - from).toBe(DAY_MS - 5 * MINUTE_MS);
    expect(await expectOracle(simulator, env, from, to)).toBe(run.findings.new);
    expect(Object.keys(run.findings.byKind).length).toBeGreaterThanOrEqual(6);
    expect(expectLedgersAgree(simulator, env)).toBe(run.corrections.delivered);
  });

  test('has a document with every key of the surface', () => {
    expect(Object.keys(run)).toEqual(
      expect.arrayContaining(['runId', 'status', 'dryRun', 'from', 'to', 'windows', 'agents', 'findings']),
    );
    expect(run).toEqual(
      expect.objectContaining({
        runId: 1,
        dryRun: false,
        findings: {
          new: expect.any(Number),
          changed: 0,
          resolved: 0,
          unchanged: 0,
          byKind: expect.any(Object),
        },
        corrections: {
          made: run.corrections.delivered,
          delivered: expect.any(Number),
          waiting: 0,
          held: 0,
          failed: 0,
        },
        errors: [],
        durationMs: expect.any(Number),
      }),
    );
  });

  test('again has nothing due, nothing to send, and the same CSV', async () => {
    const { counts } = simulator.vendor;
    const sent = counts.of('POST adjustment');
    const before = (await adherence(['export'], env)).stdout;
    const range = await adherenceJson<RunDocument>(['run', '--from', run.from!, '--to', run.to!], env);
    expect(range.findings).toMatchObject({ new: 0, changed: 0, resolved: 0, unchanged: run.findings.new });
    expect(range.corrections).toMatchObject({ made: 0, delivered: 0 });
    expect(counts.of('POST adjustment')).toBe(sent);
    expect((await adherence(['export'], env)).stdout).toBe(before);
  });

  test('with a report that shows the corrections resolves what they mended, and they stay', async () => {
    const { vendor } = simulator;
    const adjusted = vendor.ledger.adjustments.length;
    // The vendor's report is the truth from now on.
    const faults = vendor.reporter.faults;
    vendor.reporter.faults = {
      ...faults,
      ...Object.fromEntries(SHARES.map((name) => [name, 0])),
      roundToSeconds: false,
    };
    const again = await adherenceJson<RunDocument>(['run', '--from', run.from!, '--to', run.to!], env);
    vendor.reporter.faults = faults;
    expect(again.findings.resolved).toBeGreaterThan(run.findings.new / 2);
    expect(again.corrections.made).toBe(0);
    expect(vendor.ledger.adjustments.length).toBe(adjusted);
    expect(vendor.counts.of('DELETE adjustment')).toBe(0);
    const open = rowsOf<{ kind: string }>(
      env,
      `SELECT DISTINCT kind FROM findings WHERE status <> 'resolved'`,
    );
    // What lies in the band of a shift's edge is shown whether it drifts or not.
    expect(open).toEqual([{ kind: 'near_shift_boundary' }]);
    const back = await adherenceJson<RunDocument>(['run', '--from', run.from!, '--to', run.to!], env);
    expect(back.corrections.made).toBe(0);
    await expectOracle(simulator, env, Date.parse(run.from!), Date.parse(run.to!));
  });
});

const SHARES = [
  'driftShare',
  'earlyShare',
  'lostShare',
  'inventedShare',
  'gapShare',
  'overlapShare',
  'wrongDurationShare',
] as const;

describe('a day in ranges that overlap', { timeout: 120_000 }, () => {
  test('in whatever cuts sends no time twice, and ends as the oracle has the whole', async () => {
    const simulator = await simulatorOfFile({ seed: 42, agents: 8, reportFaults: FAULTS });
    const env = environment(await folder(), simulator);
    await importTruth(simulator, env, 144);
    const to = Math.floor(Date.now() / 1000) * 1000 - 10 * MINUTE_MS;
    const from = to - 20 * HOUR_MS;
    const cuts: [number, number, number][] = [
      [5, 9.1234, 86_400],
      [0, 6.5, 3_600],
      [8, 20, 1_234],
      [3.3333, 12.7777, 7_000],
      [0, 20, 900],
      [0, 20, 86_400],
    ];
    for (const [start, end, longest] of cuts) {
      const range = [
        '--from',
        iso(Math.round(from + start * HOUR_MS)),
        '--to',
        iso(Math.round(from + end * HOUR_MS)),
      ];
      const cut = { ...env, ADHERENCE_MAX_WINDOW_SECONDS: String(longest) };
      const run = await adherenceJson<RunDocument>(['run', ...range], cut);
      expect(run.corrections.delivered).toBe(run.corrections.made);
      for (const userId of agentIds(simulator)) inForce(simulator, userId);
    }
    expect(await expectOracle(simulator, env, from, to)).toBeGreaterThan(50);
  });
});
