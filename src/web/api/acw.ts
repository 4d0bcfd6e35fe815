import { z } from 'zod';
import { ACW_TYPES } from '../../domain/acw.ts';
import { contractDocument, toContractDocument } from '../control-documents.ts';
import type { WebDeps } from '../deps.ts';
import { id } from '../inputs.ts';
import { Problem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { answer, json, problem } from './answers.ts';

const params = z.strictObject({ sessionId: id });
const seconds = z
  .int('must be a whole number of seconds from 1 to 86400')
  .min(1, 'must be a whole number of seconds from 1 to 86400')
  .max(86_400, 'must be a whole number of seconds from 1 to 86400');
const FAILED = { 502: problem('The session could not be read at the vendor; nothing was sent.') };

/** After-call work of a session: one contract, and one extension of it. */
export function acwRoutes({ control }: WebDeps): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/sessions/:sessionId/acw',
      access: 'ops',
      summary: 'Enforce after-call work of a session, once; the same again is answered with the first.',
      params,
      body: z.strictObject({
        duration: seconds.describe('Seconds.'),
        type: z.enum(ACW_TYPES),
        reasonCode: z.string().trim().min(1).max(200),
      }),
      answers: {
        200: answer('Just this was asked for before; the contract as it stands now.', contractDocument),
        201: answer('The contract.', contractDocument),
        409: problem(
          'The session has another contract (`contract_exists`), is not in after-call work (`not_in_acw`), or the vendor refused (`acw_refused`).',
        ),
        ...FAILED,
      },
      handle: async ({ params: { sessionId }, body, caller }) => {
        const { duration: durationSeconds, type, reasonCode } = body;
        const started = await control.startAcw(sessionId, { durationSeconds, type, reasonCode }, caller.name);
        if (started.outcome === 'refused') throw new Problem(started.code, `${started.why}.`);
        if (started.outcome === 'contract_exists') {
          throw new Problem('contract_exists', 'Its after-call work was agreed on before, with other terms.');
        }
        return json(toContractDocument(started.contract), started.outcome === 'started' ? 201 : 200);
      },
    }),
    route({
      method: 'POST',
      path: '/api/sessions/:sessionId/acw/extend',
      access: 'ops',
      summary: 'Make after-call work that is enforced longer, once.',
      params,
      body: z.strictObject({ seconds: seconds.describe('How much longer than what is left now.') }),
      answers: {
        200: answer('The contract with its extension.', contractDocument),
        409: problem('Extended before (`already_extended`), or there is nothing to extend.'),
        ...FAILED,
      },
      handle: async ({ params: { sessionId }, body, caller }) => {
        const extended = await control.extendAcw(sessionId, body.seconds, caller.name);
        if (extended.outcome === 'refused') throw new Problem(extended.code, `${extended.why}.`);
        return json(toContractDocument(extended.contract));
      },
    }),
  ];
}
