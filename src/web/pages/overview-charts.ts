import { FINDING_KINDS } from '../../domain/finding.ts';
import type { Instant, Interval } from '../../domain/instant.ts';
import { chart } from './chart.ts';
import { address, type Html, html } from './html.ts';
import type { FindingTally } from './tally-findings.ts';
import { count, figure, KIND_WORDS } from './words.ts';

const HOUR_MS = 3_600_000;
/** As wide as it is shown where two stand side by side: its letters are then of their own size. */
const WIDTH = 620;

/** Each kind keeps its colour, whichever kinds there are. */
const COLOURS = { domain: [...FINDING_KINDS], range: FINDING_KINDS.map((_, index) => `var(--key-${index})`) };

/** Findings per kind and hour, stacked. */
export function hourChart(tally: FindingTally, range: Interval): Promise<Html> {
  const first = tally.hours[0]?.hour ?? range.start;
  const label =
    `Findings per hour by kind: ${count(tally.counted, 'finding')}. ` +
    [...tally.ofKind].map(([kind, findings]) => `${KIND_WORDS[kind]} ${findings}`).join(', ');
  return chart(label, (plot) => ({
    width: WIDTH,
    height: 290,
    marginLeft: 48,
    marginBottom: 42,
    x: {
      type: 'utc',
      domain: hoursOf({ start: Math.max(range.start, first), end: range.end }),
      label: 'UTC',
      tickFormat: hourWords,
    },
    y: { grid: true, label: 'findings', tickFormat: 'd' },
    color: COLOURS,
    marks: [
      plot.rectY(tally.hours, {
        x1: ({ hour }: { hour: Instant }) => dateOf(hour),
        x2: ({ hour }: { hour: Instant }) => dateOf(hour + HOUR_MS),
        y: 'findings',
        fill: 'kind',
        order: [...FINDING_KINDS],
        stroke: 'var(--edge)',
        strokeWidth: 0.75,
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
      plot.ruleY([0]),
    ],
  }));
}

/** What the colours mean, with how many there are; each leads to the findings of its kind that the chart shows. */
export function kindLegend({ ofKind }: FindingTally, shown: Readonly<Record<'from' | 'to', string>>): Html {
  return html`<ul class="legend">${[...ofKind].map(
    ([kind, findings]) =>
      html`<li><svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect width="12" height="12" fill="var(--key-${FINDING_KINDS.indexOf(kind)})" stroke="var(--edge)"/></svg>
<a href="${address('/findings', { ...shown, kind })}">${KIND_WORDS[kind]}</a> <b>${figure(findings)}</b></li>`,
  )}</ul>`;
}

const WIDTHS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600];
const MOST_BINS = 60;

/** How late or early the report was, in seconds. */
export function driftChart({ driftsMs }: FindingTally): Promise<Html> {
  const all = driftsMs.map((ms) => ms / 1000);
  const least = all.reduce((a, b) => Math.min(a, b), 0);
  const most = all.reduce((a, b) => Math.max(a, b), 0);
  const width = WIDTHS_S.find((seconds) => (most - least) / seconds <= MOST_BINS) ?? 86_400;
  const late = all.filter((drift) => drift > 0).length;
  const label = `Distribution of drift: ${count(all.length, 'pair')}, ${late} late, ${all.length - late} early, from ${least.toFixed(1)} to ${most.toFixed(1)} seconds`;
  return chart(label, (plot) => ({
    width: WIDTH,
    height: 290,
    marginLeft: 48,
    marginBottom: 42,
    x: { label: 'seconds the report is late (positive) or early (negative)' },
    y: { grid: true, label: 'findings', tickFormat: 'd' },
    color: { domain: ['early', 'late'], range: ['var(--early)', 'var(--late)'] },
    marks: [
      plot.rectY(bins(all, width), {
        x1: 'from',
        x2: 'to',
        y: 'findings',
        fill: ({ from }: Bin) => (from < 0 ? 'early' : 'late'),
        stroke: 'var(--edge)',
        strokeWidth: 0.75,
      }),
      plot.ruleY([0]),
      plot.ruleX([0], { strokeDasharray: '3,3' }),
    ],
  }));
}

interface Bin {
  readonly from: number;
  readonly to: number;
  readonly findings: number;
}

/** Bins begin at multiples of their width, so none holds both early and late. */
export function bins(values: readonly number[], width: number): Bin[] {
  const counts = new Map<number, number>();
  for (const value of values) {
    const bin = Math.floor(value / width);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([bin, findings]) => ({ from: bin * width, to: (bin + 1) * width, findings }));
}

/** Whole hours, so that the first and the last bar are as wide as all others. */
function hoursOf({ start, end }: Interval): [Date, Date] {
  return [dateOf(Math.floor(start / HOUR_MS) * HOUR_MS), dateOf(Math.ceil(end / HOUR_MS) * HOUR_MS)];
}

/** The hour; at midnight the day that begins. */
function hourWords(tick: Date): string {
  const text = tick.toISOString();
  return text.slice(11, 16) === '00:00' ? text.slice(5, 10) : text.slice(11, 16);
}

function dateOf(at: Instant): Date {
  return new Date(at);
}
