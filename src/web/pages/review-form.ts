import { z } from 'zod';
import { isCorrectable } from '../../domain/finding-life.ts';
import type { FindingStory } from '../../usecases/ports.ts';
import type { Reviewed } from '../../usecases/review-finding.ts';
import type { WebDeps } from '../deps.ts';
import { id, note } from '../inputs.ts';
import { asProblem, Problem } from '../problem.ts';
import type { Route } from '../route.ts';
import { allValues, checked, fields, onlyValue } from './form-values.ts';
import { type Html, html, path } from './html.ts';
import { pageRoute } from './page-route.ts';
import { count } from './words.ts';

/** More at once would keep the others waiting. */
const MOST_AT_ONCE = 200;

const OF_MANY =
  'Approving has the difference corrected, or the correction taken back where that is what is asked. It is sent with the next run. Where there is nothing to correct, it says that somebody has looked.';
const OF_CORRECTABLE =
  'Approving has the difference corrected, or the correction taken back where that is what is asked. It is sent with the next run.';
const OF_OTHERS =
  'There is nothing to correct here: approving says that somebody has looked, and sends nothing.';

/** What approving means for one finding. */
export function approvingOf({ row: { kind }, corrections }: FindingStory): string {
  const isAsked = corrections.some(({ takeBackAsked }) => takeBackAsked);
  return isCorrectable(kind) || isAsked ? OF_CORRECTABLE : OF_OTHERS;
}

/** What a supervisor fills in to decide; stands in a form that posts to `/findings/decide`. */
export function decisionFields(what: string, approving = OF_MANY): Html {
  return html`<div class="panel"><label for="note">Note <span class="quiet">(needed to dismiss)</span></label>
<textarea id="note" name="note" rows="2" maxlength="2000"></textarea>
<p class="actions"><button class="main" name="verdict" value="approve">Approve ${what}</button>
<button name="verdict" value="dismiss">Dismiss ${what}</button></p>
<p class="quiet">${approving}</p></div>`;
}

interface Outcome {
  readonly findingId: string;
  readonly words: string;
  readonly isDone: boolean;
}

/** Deciding on one finding or many. Each is a decision of its own: one that cannot be made stops none of the others. */
export function reviewRoutes({ operations }: WebDeps): Route[] {
  return [
    pageRoute({
      method: 'POST',
      path: '/findings/decide',
      access: 'supervisor',
      summary: 'Form: approve or dismiss the findings that were ticked.',
      body: fields('finding', 'verdict', 'note', 'back'),
      takesForms: true,
      page: async ({ body: given, caller }) => {
        const ids = checked(z.array(id).max(MOST_AT_ONCE), allValues(given.finding));
        const verdict = checked(z.enum(['approve', 'dismiss']), onlyValue(given.verdict));
        const why = checked(note.optional(), onlyValue(given.note));
        if (ids.length === 0) throw new Problem('invalid_argument', 'No finding was ticked.');
        if (verdict === 'dismiss' && why === undefined) {
          throw new Problem('invalid_argument', 'A dismissal needs a note that says why.');
        }
        const outcomes: Outcome[] = [];
        for (const findingId of ids) {
          outcomes.push(
            await outcomeOf(findingId, () => operations.review(findingId, verdict, caller.name, why)),
          );
        }
        return {
          title: 'Decided',
          section: '/findings',
          body: told(outcomes, ownAddress(onlyValue(given.back))),
        };
      },
    }),
  ];
}

async function outcomeOf(findingId: string, decide: () => Promise<Reviewed>): Promise<Outcome> {
  try {
    const { status, corrections, takeBacks } = await decide();
    const parts = [
      `now ${status.replaceAll('_', ' ')}`,
      ...(corrections > 0 ? [`${count(corrections, 'correction')} will be sent`] : []),
      ...(takeBacks > 0 ? [`${count(takeBacks, 'correction')} will be taken back`] : []),
      ...(status === 'approved' && corrections + takeBacks === 0 ? ['nothing is sent'] : []),
    ];
    return { findingId, words: parts.join(', '), isDone: true };
  } catch (error) {
    const problem = asProblem(error);
    if (problem.code === 'internal') throw error;
    return { findingId, words: problem.message, isDone: false };
  }
}

function told(outcomes: readonly Outcome[], back: string): Html {
  const done = outcomes.filter(({ isDone }) => isDone).length;
  const left = outcomes.length - done;
  return html`<p class="${left === 0 ? 'told' : 'alert'}" role="status">${count(done, 'finding')} decided${left > 0 && `, ${left} not`}.</p>
<ul>${outcomes.map(
    ({ findingId, words }) =>
      html`<li><a class="id" href="${path`/findings/${findingId}`}">${findingId}</a>: ${words}</li>`,
  )}</ul>
<p class="actions"><a class="button" href="${back}">Back to the findings</a></p>`;
}

/** A form may name any address to go back to; only ours are taken. */
function ownAddress(given: string | undefined): string {
  return given !== undefined && /^\/(findings|agents)\b/.test(given) ? given : '/findings';
}
