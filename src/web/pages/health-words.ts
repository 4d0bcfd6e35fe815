import type { FindingStatus } from '../../domain/finding.ts';
import type { Instant } from '../../domain/instant.ts';
import type { ServiceFigures } from '../../usecases/web-ports.ts';
import { type Html, html } from './html.ts';
import { ago } from './times.ts';
import { count } from './words.ts';

const MINUTE_MS = 60_000;

/** Two runs of the usual schedule, and some. */
const GOOD_FOR_MS = 35 * MINUTE_MS;

/** A few failed runs may leave an agent behind by themselves; this much needs somebody to look. */
const BEHIND_FOR_MS = 120 * MINUTE_MS;

/** Corrections leave within seconds of their run; this old, something keeps them. */
const UNSETTLED_FOR_MS = 60 * MINUTE_MS;

export interface Condition {
  readonly tone: 'good' | 'wait' | 'bad';
  /** One line that says how things are. */
  readonly headline: string;
  /** What is not as it should be, each with what to do about it. */
  readonly toDo: readonly Html[];
}

/** Whether the program does its work, in words; and what a person has to do. */
export function conditionOf(figures: ServiceFigures, isOnHold: boolean, now: Instant): Condition {
  const bad = [
    isOnHold &&
      html`Nothing is sent since a backup was restored. Check what was sent after it was made, then run <code>adherence resume</code>.`,
    ...runTroubles(figures, now),
    figures.heldRuns > 0 &&
      html`A circuit breaker holds ${count(figures.heldRuns, 'run')}. <a href="/runs?status=held">Look why, then release or drop ${figures.heldRuns === 1 ? 'it' : 'them'}</a>.`,
    ofStatus(figures, 'failed') > 0 &&
      html`The vendor refused the correction of ${count(ofStatus(figures, 'failed'), 'finding')}. <a href="/findings?status=failed">See which</a>.`,
    figures.oldestWatermark !== undefined &&
      now - figures.oldestWatermark > BEHIND_FOR_MS &&
      html`The agent furthest behind has been judged only up to ${ago(now - figures.oldestWatermark)} ago. <a href="/runs">The runs</a> name who could not be judged, and why.`,
    figures.oldestUnsettledAt !== undefined &&
      now - figures.oldestUnsettledAt > UNSETTLED_FOR_MS &&
      html`The oldest correction that is not settled has waited for ${ago(now - figures.oldestUnsettledAt)}. The runs say what the vendor answers.`,
  ].filter((line) => line !== false);
  const reviews = ofStatus(figures, 'in_review');
  const waiting =
    reviews > 0
      ? [
          html`${count(reviews, 'finding waits', 'findings wait')} for a person. <a href="/findings?status=in_review">Review ${reviews === 1 ? 'it' : 'them'}</a>.`,
        ]
      : [];
  return { ...wordsOf(bad.length, figures), toDo: [...bad, ...waiting] };
}

function wordsOf(troubles: number, { lastRun }: ServiceFigures): Pick<Condition, 'tone' | 'headline'> {
  if (lastRun === undefined) return { tone: 'wait', headline: 'Nothing has run yet' };
  if (troubles === 0) return { tone: 'good', headline: 'Running as it should' };
  return { tone: 'bad', headline: `${count(troubles, 'thing needs', 'things need')} attention` };
}

function runTroubles({ lastRun, lastGoodRunAt }: ServiceFigures, now: Instant): (Html | false)[] {
  if (lastRun === undefined) {
    return [html`The worker runs on its schedule; <a href="/runs">start a run</a> to see something now.`];
  }
  const { runId, status, agents } = lastRun;
  return [
    lastGoodRunAt === undefined &&
      html`No run has gone well so far. <a href="/runs/${runId}">The last one</a> says why.`,
    lastGoodRunAt !== undefined &&
      now - lastGoodRunAt > GOOD_FOR_MS &&
      html`The last good run ended ${ago(now - lastGoodRunAt)} ago. Check that the worker runs, and what <a href="/runs/${runId}">the last run</a> says.`,
    status === 'failed' && html`<a href="/runs/${runId}">Run ${runId}</a>, the last one, failed.`,
    agents.failed > 0 &&
      html`<a href="/runs/${runId}">Run ${runId}</a> could not judge ${count(agents.failed, 'agent')}; they stay due.`,
  ];
}

export function ofStatus({ findings }: ServiceFigures, status: FindingStatus): number {
  return findings.reduce((sum, row) => (row.status === status ? sum + row.count : sum), 0);
}
