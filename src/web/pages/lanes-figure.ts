import type { Instant, Interval } from '../../domain/instant.ts';
import type { AgentTimeline } from '../../usecases/web-ports.ts';
import { type Html, html } from './html.ts';
import { lanesOf, marksOf } from './lanes.ts';
import { lanesChart, legend } from './lanes-chart.ts';
import { nothing } from './layout.ts';

/**
 * Log, report and shift of some time as a picture, with what its colours mean.
 * @param isAroundOne what it is about lies in its middle: where it is too wide, that is seen first.
 */
export async function lanesFigure(
  timeline: AgentTimeline,
  range: Interval,
  now: Instant,
  isAroundOne: boolean,
): Promise<Html> {
  const pieces = lanesOf(timeline, range, now);
  if (pieces.length === 0) {
    return nothing('Neither log nor report nor shift has anything here.', 'Look at another day.');
  }
  const marks = marksOf(timeline, range);
  const drawn = await lanesChart(pieces, marks, range, timeline.agent.timeZone);
  return html`<figure><figcaption>Log, report and shift</figcaption>
<div class="scroll lanes" tabindex="0" role="region" aria-label="Lanes, chart"${isAroundOne && html` data-middle`}>${drawn}</div>${legend(pieces, marks)}</figure>`;
}
