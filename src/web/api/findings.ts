import { z } from 'zod';
import { storyDocument } from '../../usecases/finding-words.ts';
import type { Verdict } from '../../usecases/review-finding.ts';
import { FINDING_ORDERS } from '../../usecases/web-ports.ts';
import type { WebDeps } from '../deps.ts';
import { findingList, findingStory, reviewedDocument, toFindingDocument } from '../documents.ts';
import { filterOf } from '../filter.ts';
import { findingCursor, listFindings } from '../finding-list.ts';
import { findingFilter, id, limit, note } from '../inputs.ts';
import { Problem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { answer, json, problem, UNKNOWN } from './answers.ts';

const params = z.strictObject({ findingId: id });

/** Findings: lists, one with its story, and a person's decision on one. */
export function findingRoutes({ store, operations }: WebDeps): Route[] {
  const decide = (verdict: Verdict, summary: string, body: z.ZodObject): Route =>
    route({
      method: 'POST',
      path: `/api/findings/:findingId/${verdict}`,
      access: 'supervisor',
      summary,
      params,
      body,
      answers: {
        200: answer('What the decision came to.', reviewedDocument),
        ...UNKNOWN,
        409: problem('Its status leaves nothing to decide.'),
      },
      handle: async ({ params: { findingId }, body: given, caller }) => {
        const { note: why } = given as { note?: string };
        return json(await operations.review(findingId, verdict, caller.name, why === '' ? undefined : why));
      },
    });

  return [
    route({
      method: 'GET',
      path: '/api/findings',
      access: 'analyst',
      summary: 'Findings, the oldest first unless asked otherwise.',
      query: findingFilter.extend({
        order: z
          .enum(FINDING_ORDERS)
          .optional()
          .describe('Without it `oldest`. By drift, what has none comes last.'),
        limit: limit(100, 1_000),
        cursor: findingCursor,
      }),
      shows: {},
      answers: { 200: answer('A page of findings.', findingList) },
      handle: async ({ query }) => {
        const { order = 'oldest', limit: most, cursor: key, ...filter } = query;
        const { rows, next } = await listFindings(store, filterOf(filter), order, most, key);
        return json({ items: rows.map(toFindingDocument), next });
      },
    }),
    route({
      method: 'GET',
      path: '/api/findings/:findingId',
      access: 'analyst',
      summary: 'A finding with all that it rests on and all that became of it.',
      params,
      shows: { subject: 'findingId' },
      answers: { 200: answer('The whole story.', findingStory), ...UNKNOWN },
      handle: async ({ params: { findingId } }) => {
        const story = await store.findingStory(findingId);
        if (story === undefined) throw new Problem('not_found', `There is no finding ${findingId}.`);
        return json(storyDocument(story));
      },
    }),
    decide(
      'approve',
      'Have a finding corrected, or its correction taken back where that is asked.',
      z.strictObject({ note: note.optional() }),
    ),
    decide('dismiss', 'Let a finding be.', z.strictObject({ note: note.min(1, 'must say why') })),
  ];
}
