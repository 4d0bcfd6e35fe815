import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { FindingKind } from '../../../src/domain/finding.ts';
import type { Interval } from '../../../src/domain/instant.ts';
import type { AgentTimeline } from '../../../src/usecases/web-ports.ts';
import { textOf } from '../../../src/web/pages/html.ts';
import { lanesFigure } from '../../../src/web/pages/lanes-figure.ts';

const RANGE: Interval = { start: 0, end: 60_000 };
const SPAN: Interval = { start: 20_000, end: 30_000 };
const TALKING = { start: 0, end: 30_000, state: 'talking' };
const ACW = { start: 20_000, end: 60_000, state: 'acw' };

interface Box extends Interval {
  /** The name of the row that it stands in. */
  readonly row: string;
}

/** A part of the page. */
interface Drawn {
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
}

interface Picture {
  readonly rows: readonly string[];
  readonly pieces: readonly Box[];
  readonly marks: readonly Box[];
  /** What is marked by a line, for it may be too short to be seen. */
  readonly lines: readonly Box[];
  readonly label: string;
  readonly legend: readonly string[];
}

/** A picture of a minute, read as somebody sees it. */
async function pictureOf(
  kind: FindingKind,
  report: AgentTimeline['report'],
  { start, end }: Interval = SPAN,
): Promise<Picture> {
  const pieces = start === end ? [] : [{ start, end, loggedState: undefined, reportedState: undefined }];
  const timeline = {
    agent: { timeZone: 'UTC' },
    log: [{ at: -1_000, state: 'talking', absentAt: undefined }],
    report,
    shifts: [{ ...RANGE, activities: [] }],
    findings: [{ kind, status: 'open', pieces, differenceFrom: start, differenceTo: end }],
  } as unknown as AgentTimeline;
  const { document } = parseHTML(
    `<main>${textOf(await lanesFigure(timeline, RANGE, RANGE.end, false))}</main>`,
  );
  const all = (selector: string): Drawn[] => [...document.querySelectorAll(selector)];
  const rows = all('g[text-anchor="end"] text')
    .map(({ textContent }) => textContent ?? '')
    .filter((words) => !words.includes('→'));
  const numbers = (element: Drawn, ...names: readonly string[]): number[] =>
    names.map((name) => Number(element.getAttribute(name)));
  const box = (from: number, to: number, top: number, bottom: number): Box => {
    const instants = [from, to].map((px) => Math.round((((px - 90) / 1_090) * RANGE.end) / 100) * 100);
    const row = rows[Math.floor(((top + bottom) / 2 - 34) / 56.5)];
    return { row: row ?? '', start: instants[0] ?? 0, end: instants[1] ?? 0 };
  };
  const boxes = (selector: string): Box[] =>
    all(selector)
      .map((rect) => numbers(rect, 'x', 'y', 'width', 'height'))
      .filter(([, , width = 0]) => width > 0)
      .map(([x = 0, y = 0, width = 0, height = 0]) => box(x, x + width, y, y + height));
  const lines = all('svg.plot g[stroke="var(--mark)"] line')
    .map((line) => numbers(line, 'x1', 'x2', 'y1', 'y2'))
    .map(([x1 = 0, x2 = 0, y1 = 0, y2 = 0]) => box(x1, x2, y1, y2));
  return {
    rows,
    pieces: boxes('svg.plot g[stroke="var(--edge)"] rect'),
    marks: boxes('svg.plot g[fill-opacity="0.35"] rect'),
    lines,
    label: document.querySelector('svg.plot')?.getAttribute('aria-label') ?? '',
    legend: all('.legend li').map(({ textContent }) => (textContent ?? '').trim()),
  };
}

describe('the picture of a finding', () => {
  it.each([
    ['boundary_drift', ['Log', 'Report'], 'Boundary drift'],
    ['state_mismatch', ['Log', 'Report'], 'State mismatch'],
    ['missing_in_report', ['Log', 'Report'], 'Missing in report'],
    ['missing_in_log', ['Log', 'Report'], 'Missing in log'],
    ['report_gap', ['Report'], 'Gap in report'],
    ['duration_mismatch', ['Report'], 'Wrong duration'],
  ] as const)('marks of %s the lanes %j, and says what it is', async (kind, lanes, name) => {
    const { rows, marks, label, legend } = await pictureOf(kind, [TALKING]);
    expect(rows).toEqual(['Log', 'Report', 'Findings', 'Shift']);
    expect(marks).toEqual(lanes.map((row) => ({ row, ...SPAN })));
    expect(label).toContain(`1 mark: ${name}.`);
    expect(legend).toEqual(['shift', 'talking', name]);
  });

  it('shows both of two intervals of the report that overlap, and where they do', async () => {
    const { rows, pieces, marks, legend } = await pictureOf('report_overlap', [TALKING, ACW]);
    expect(rows).toEqual(['Log', 'Report', 'overlapping', 'Findings', 'Shift']);
    expect(pieces.slice(1, 3)).toEqual([
      { row: 'Report', start: 0, end: 30_000 },
      { row: 'overlapping', start: 20_000, end: 60_000 },
    ]);
    expect(marks).toEqual([
      { row: 'Report', ...SPAN },
      { row: 'overlapping', ...SPAN },
    ]);
    expect(legend.at(-1)).toBe('Overlap in report');
  });

  it('goes back to the first row after an overlap, and has four rows at most', async () => {
    const after = { start: 30_000, end: 40_000, state: 'available' };
    const { pieces } = await pictureOf('report_overlap', [TALKING, ACW, after]);
    expect(pieces[3]).toEqual({ row: 'Report', start: 30_000, end: 40_000 });
    const many = Array.from({ length: 9 }, () => TALKING);
    const { rows } = await pictureOf('report_overlap', many);
    expect(rows.filter((row) => row === 'overlapping')).toHaveLength(3);
  });

  it('shows the instant of a change near a shift in log and shift, where no stretch is marked', async () => {
    const instant = { start: 20_000, end: 20_000 };
    const { marks, lines, label } = await pictureOf('near_shift_boundary', [TALKING], instant);
    expect(marks).toEqual([]);
    expect(lines).toEqual(['Log', 'Shift', 'Findings'].map((row) => ({ row, ...instant })));
    expect(label).toContain('1 mark: Near a shift boundary.');
  });
});
