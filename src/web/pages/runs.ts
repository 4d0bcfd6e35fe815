import { z } from 'zod';
import { suffices } from '../../domain/role.ts';
import { requireRun } from '../api/runs.ts';
import { cursor, pageOf } from '../cursor.ts';
import type { WebDeps } from '../deps.ts';
import { type RunDocument, runStatus, toRunDocument } from '../documents.ts';
import { note, runNumber } from '../inputs.ts';
import { Problem } from '../problem.ts';
import type { Route } from '../route.ts';
import { option } from './finding-filter-form.ts';
import { checked, fields, onlyValue } from './form-values.ts';
import { address, type Html, html } from './html.ts';
import { nothing } from './layout.ts';
import { pageRoute } from './page-route.ts';
import { heldForm, readStart, startFields, startForm } from './run-form.ts';
import { runFacts, runReason, runTable } from './run-words.ts';

const PAGE = 25;
const MOST_ERRORS = 200;
const CURSOR = cursor(z.tuple([z.int()]));

/** The ledger of runs, one of them, starting one, and what to do with one that is held. */
export function runsRoutes(deps: WebDeps): Route[] {
  return [ledgerRoute(deps), startRoute(deps), oneRoute(deps), settleRoute(deps)];
}

function ledgerRoute({ store }: WebDeps): Route {
  return pageRoute({
    method: 'GET',
    path: '/runs',
    access: 'analyst',
    summary: 'Page: the ledger of runs.',
    query: fields('status', 'cursor'),
    page: async ({ query, caller }) => {
      const status = checked(runStatus.optional(), onlyValue(query.status));
      const before = checked(CURSOR, onlyValue(query.cursor))?.[0];
      const read = await store.listRuns(PAGE + 1, before, status && [status]);
      const { rows, next } = pageOf(read, PAGE, ({ runId }) => [runId]);
      const runs = rows.map((run) => toRunDocument(run, 0));
      const body = html`${suffices(caller.role, 'ops') && startForm()}
<form method="get" action="/runs" class="actions" aria-label="Filter"><label for="status">Status</label>
<span><select id="status" name="status">${option('', 'all', status ?? '')}${runStatus.options.map((one) => option(one, one, status))}</select></span> <button>Show</button></form>
<div data-live>${runs.length === 0 ? noRuns(status) : runTable(runs)}
${next !== null && html`<nav aria-label="More runs"><ul><li><a rel="next" href="${address('/runs', { status, cursor: next })}">Next page</a></li></ul></nav>`}</div>`;
      return { title: 'Runs', section: '/runs', body, isLive: runs.some(isUnderWay) };
    },
  });
}

function startRoute({ runs }: WebDeps): Route {
  return pageRoute({
    method: 'POST',
    path: '/runs',
    access: 'ops',
    summary: 'Form: start a run.',
    body: startFields,
    takesForms: true,
    page: async ({ body, caller }) => {
      const { request, isDry } = readStart(body, caller.name);
      return { seeOther: `/runs/${isDry ? runs.startDry(request).id : await runs.start(request)}` };
    },
  });
}

function oneRoute(deps: WebDeps): Route {
  return pageRoute({
    method: 'GET',
    path: '/runs/:runId',
    access: 'analyst',
    summary: 'Page: a run; of one under way, how far it is.',
    params: z.strictObject({ runId: z.string().max(40) }),
    page: async ({ params: { runId }, caller }) => {
      const id = runId.startsWith('dry-') ? runId : checked(runNumber, runId);
      const run = await requireRun(deps, id, MOST_ERRORS);
      const isHeld = run.status === 'held' && suffices(caller.role, 'supervisor');
      const body = html`${run.dryRun && html`<p class="told">A dry run: nothing was stored or sent, and it is forgotten when the service stops.</p>`}
<div data-live>${runReason(run)}${isHeld && heldForm(Number(run.runId))}${runFacts(run)}</div>`;
      return { title: `Run ${run.runId}`, section: '/runs', body, isLive: isUnderWay(run) };
    },
  });
}

function settleRoute({ operations }: WebDeps): Route {
  return pageRoute({
    method: 'POST',
    path: '/runs/:runId/settle',
    access: 'supervisor',
    summary: 'Form: release or drop a held run.',
    params: z.strictObject({ runId: runNumber }),
    body: fields('what', 'note'),
    takesForms: true,
    page: async ({ params: { runId }, body, caller }) => {
      const what = checked(z.enum(['release', 'drop']), onlyValue(body.what));
      const why = checked(note.optional(), onlyValue(body.note));
      if (what === 'drop' && why === undefined) {
        throw new Problem('invalid_argument', 'Dropping a run needs a note that says why.');
      }
      await operations.settleHeldRun(runId, what, caller.name, why);
      return { seeOther: `/runs/${runId}` };
    },
  });
}

function isUnderWay({ status }: RunDocument): boolean {
  return status === 'running';
}

function noRuns(status: string | undefined): Html {
  if (status !== undefined) return nothing(`No run is ${status}.`);
  return nothing(
    'Nothing has run yet.',
    'The worker runs on its schedule; whoever has the role ops can start one here.',
  );
}
