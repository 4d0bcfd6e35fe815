import type { Interval } from '../../domain/instant.ts';
import { chart } from './chart.ts';
import { type Html, html } from './html.ts';
import type { LanePiece, Mark } from './lanes.ts';
import { MARKS_ROW, rowOf, rowsAbout, rowsOf, rowWords } from './lanes-rows.ts';
import { offsetWords, ticksOf, tickWords } from './time-axis.ts';
import { zoneOf } from './times.ts';
import { count, KIND_WORDS } from './words.ts';

const WIDTH = 1_200;
const LEFT = 90;
const RIGHT = 20;
const ROW_PX = 56.5;
const TOP = 34;
const BOTTOM = 40;

/** A state keeps its colour from one picture to the next; those nobody foresaw share what there is. */
const USUAL = ['available', 'talking', 'acw', 'ringing', 'break', 'lunch', 'shift', 'busy', 'offline'];
/** Of a letter of a label, on average. */
const LETTER_PX = 7.5;

/** Log, report and shifts on one time axis, with what findings are about marked in the lanes that they are about. */
export function lanesChart(
  pieces: readonly LanePiece[],
  marks: readonly Mark[],
  range: Interval,
  timeZone: string | undefined,
): Promise<Html> {
  const zone = zoneOf(timeZone);
  const ticks = ticksOf(range, zone);
  const perMs = (WIDTH - LEFT - RIGHT) / (range.end - range.start);
  const named = pieces.filter(
    ({ state, start, end }) => (end - start) * perMs > (state.length + 1) * LETTER_PX,
  );
  const rows = rowsOf(pieces);
  const marked = marks.flatMap((mark) => rowsAbout(mark, pieces).map((row) => ({ ...mark, row })));
  const place = { y: rowOf, x1: 'start', x2: 'end' };
  const label = `Three lanes on one time axis: log, report, shift. ${inWords(marks)}. The tables below have every number.`;
  return chart(label, (plot) => ({
    width: WIDTH,
    height: TOP + rows.length * ROW_PX + BOTTOM,
    marginLeft: LEFT,
    marginRight: RIGHT,
    marginTop: TOP,
    marginBottom: BOTTOM,
    x: { type: 'linear', domain: [range.start, range.end] },
    y: { domain: rows, tickFormat: rowWords, label: null, tickSize: 0, padding: 0.22 },
    color: {
      domain: statesOf(pieces),
      range: statesOf(pieces).map(colourOf),
    },
    marks: [
      plot.axisX({
        anchor: 'bottom',
        ticks,
        tickFormat: tickWords(zone, range),
        label: `${zone} (${offsetWords(range, zone)})`,
      }),
      plot.axisX({ anchor: 'top', ticks, tickFormat: tickWords('UTC', range), label: 'UTC' }),
      plot.gridX(ticks, { stroke: 'var(--grid)', strokeOpacity: 1 }),
      plot.barX(pieces, { ...place, fill: 'state', stroke: 'var(--edge)', strokeWidth: 0.75 }),
      plot.text(named, {
        y: rowOf,
        x: ({ start, end }: Interval) => (start + end) / 2,
        text: 'state',
        fill: 'var(--key-ink)',
      }),
      plot.barX(marked, {
        y: 'row',
        x1: 'start',
        x2: 'end',
        fill: 'var(--mark)',
        fillOpacity: 0.35,
        stroke: 'var(--mark)',
        strokeWidth: 1.5,
      }),
      plot.barX(marks, { y: () => MARKS_ROW, x1: 'start', x2: 'end', fill: 'var(--mark)' }),
      plot.tickX([...marked.filter(isInstant), ...marks.map((mark) => ({ ...mark, row: MARKS_ROW }))], {
        y: 'row',
        x: 'start',
        stroke: 'var(--mark)',
        strokeWidth: 2,
      }),
    ],
  }));
}

/** What the colours of the picture mean. */
export function legend(pieces: readonly LanePiece[], marks: readonly Mark[]): Html {
  const kinds = kindsOf(marks);
  return html`<ul class="legend">${statesOf(pieces).map((state) => html`<li>${swatch(colourOf(state))} ${state}</li>`)}${
    kinds !== '' && html`<li>${swatch('var(--mark)')} ${kinds}</li>`
  }</ul>`;
}

function swatch(colour: string): Html {
  return html`<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect width="12" height="12" fill="${colour}" stroke="var(--edge)"/></svg>`;
}

function inWords(marks: readonly Mark[]): string {
  return marks.length === 0 ? 'Nothing is marked' : `${count(marks.length, 'mark')}: ${kindsOf(marks)}`;
}

function kindsOf(marks: readonly Mark[]): string {
  return [...new Set(marks.map(({ kind }) => KIND_WORDS[kind]))].join(', ');
}

function isInstant({ start, end }: Interval): boolean {
  return start === end;
}

function colourOf(state: string): string {
  const usual = USUAL.indexOf(state.trim().toLowerCase());
  const letters = Array.from(state, (letter) => letter.codePointAt(0) as number);
  return `var(--key-${usual >= 0 ? usual : letters.reduce((sum, code) => sum + code, 0) % USUAL.length})`;
}

function statesOf(pieces: readonly LanePiece[]): string[] {
  return [...new Set(pieces.map(({ state }) => state))].sort();
}
