import { z } from 'zod';
import { formatInstant, formatOrNull } from '../../domain/instant.ts';
import type { DryRun } from '../../usecases/start-run.ts';
import { cursor, pageOf } from '../cursor.ts';
import type { WebDeps } from '../deps.ts';
import {
  type RunDocument,
  releasedDocument,
  runDocument,
  runList,
  runStatus,
  toRunDocument,
} from '../documents.ts';
import { requireRange } from '../filter.ts';
import { id, instant, limit, note, runNumber } from '../inputs.ts';
import { BODY_LIMIT_BYTES } from '../limits.ts';
import { Problem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { answer, json, problem, UNKNOWN } from './answers.ts';

const dryNumber = z.string().regex(/^dry-\d{1,9}$/, 'must be the number of a run, or of a dry run');

/** Each has 36 characters, two quotes and a comma; rounded down to leave room for the rest. */
const MOST_UUIDS = Math.floor(BODY_LIMIT_BYTES / 39 / 100) * 100;

const MOST_ERRORS = 1_000;
const MOST_ERRORS_IN_LIST = 10;

/** Runs: the ledger, one under way, starting one, and what to do with a held one. */
export function runRoutes(deps: WebDeps): Route[] {
  const { store, operations, runs } = deps;
  const settle = (what: 'release' | 'drop', summary: string, body: z.ZodObject): Route =>
    route({
      method: 'POST',
      path: `/api/runs/:runId/${what}`,
      access: 'supervisor',
      summary,
      params: z.strictObject({ runId: runNumber }),
      body,
      answers: {
        200: answer('How much of it was let go or withdrawn.', releasedDocument),
        ...UNKNOWN,
        409: problem('The run is not held.'),
      },
      handle: async ({ params: { runId }, body: given, caller }) => {
        const { note: why } = given as { note?: string };
        const released = await operations.settleHeldRun(
          runId,
          what,
          caller.name,
          why === '' ? undefined : why,
        );
        return json({ runId, ...released });
      },
    });

  return [
    route({
      method: 'GET',
      path: '/api/runs',
      access: 'analyst',
      summary: 'The ledger of runs, the latest first.',
      query: z.strictObject({
        status: z.array(runStatus).max(10).optional(),
        limit: limit(50, 200),
        cursor: cursor(z.tuple([z.int()])),
      }),
      answers: { 200: answer('A page of runs.', runList) },
      handle: async ({ query: { status, limit: most, cursor: key } }) => {
        const rows = await store.listRuns(most + 1, key?.[0], status);
        const { rows: shown, next } = pageOf(rows, most, ({ runId }) => [runId]);
        return json({ items: shown.map((run) => toRunDocument(run, MOST_ERRORS_IN_LIST)), next });
      },
    }),
    route({
      method: 'GET',
      path: '/api/runs/:runId',
      access: 'analyst',
      summary: 'A run; of one under way, how far it is: agents judged of those planned.',
      params: z.strictObject({ runId: z.union([dryNumber, runNumber]) }),
      answers: { 200: answer('The run.', runDocument), ...UNKNOWN },
      handle: async ({ params: { runId } }) => json(await requireRun(deps, runId, MOST_ERRORS)),
    }),
    route({
      method: 'POST',
      path: '/api/runs',
      access: 'ops',
      summary: 'Start a run: of all that is due, or of a range. Answers at once; the run goes on.',
      body: z.strictObject({
        from: instant.optional(),
        to: instant.optional(),
        agents: z
          .array(id)
          .min(1)
          .max(5_000)
          .optional()
          .describe(
            `User ids; all without it. The body's ${BODY_LIMIT_BYTES} bytes may be full before: with some ${MOST_UUIDS} UUIDs.`,
          ),
        dryRun: z.boolean().optional().describe('Changes nothing and is in no ledger.'),
      }),
      answers: {
        202: answer('The run, just begun.', runDocument),
        409: problem('A run is under way.'),
      },
      handle: async ({ body: { from, to, agents, dryRun = false }, caller }) => {
        requireRange(from, to);
        const request = { trigger: caller.name, from, to, agents };
        const run = dryRun
          ? toDryDocument(runs.startDry(request))
          : await requireRun(deps, await runs.start(request), MOST_ERRORS);
        return { ...json(run, 202), headers: { location: `/api/runs/${run.runId}` } };
      },
    }),
    settle('release', 'Let the corrections of a held run go.', z.strictObject({ note: note.optional() })),
    settle(
      'drop',
      'Withdraw the corrections of a held run and dismiss its findings.',
      z.strictObject({ note: note.min(1, 'must say why') }),
    ),
  ];
}

/**
 * A run of the ledger, by its number, or a dry run, by its `dry-…`.
 * @throws Problem `not_found`
 */
export async function requireRun(
  { store, runs }: WebDeps,
  id: number | string,
  mostErrors: number,
): Promise<RunDocument> {
  if (typeof id === 'string') {
    const dry = runs.dryRun(id);
    if (dry === undefined) throw new Problem('not_found', `There is no dry run ${id} any more.`);
    return toDryDocument(dry);
  }
  const run = await store.runById(id);
  if (run === undefined) throw new Problem('not_found', `There is no run ${id}.`);
  return toRunDocument(run, mostErrors);
}

const NO_CORRECTIONS = { made: 0, delivered: 0, waiting: 0, held: 0, failed: 0 };

/** A dry run as runs are shown. */
function toDryDocument({ id: runId, request, startedAt, endedAt, progress, report }: DryRun): RunDocument {
  const { windows, agents, findings } = progress;
  const errors = report?.errors ?? [];
  return {
    runId,
    status: report?.status ?? (endedAt === undefined ? 'running' : 'failed'),
    dryRun: true,
    trigger: request.trigger,
    startedAt: formatInstant(startedAt),
    endedAt: formatOrNull(endedAt),
    from: formatOrNull(report?.from ?? request.from),
    to: formatOrNull(report?.to ?? request.to),
    windows,
    agents,
    findings: { ...findings, byKind: { ...findings.byKind } },
    corrections: report?.corrections ?? NO_CORRECTIONS,
    errorCount: errors.length,
    errors: errors.slice(0, MOST_ERRORS),
    reason:
      endedAt !== undefined && report === undefined ? 'broke off; the log of the service says why' : null,
    durationMs: endedAt === undefined ? null : endedAt - startedAt,
  };
}
