import { z } from 'zod';
import { PUSHED_TYPES, type PushedEvent, PushedEvents, readPushed } from '../usecases/take-webhook.ts';
import { problem } from './api/answers.ts';
import type { WebDeps } from './deps.ts';
import type { Guard } from './guard.ts';
import { instant } from './inputs.ts';
import { BODY_LIMIT_BYTES } from './limits.ts';
import { Problem } from './problem.ts';
import { type Route, route } from './route.ts';
import { signatureFault } from './signature.ts';

const [AGENT_EVENT, SESSION_EVENT] = PUSHED_TYPES;
const text = z.string().min(1);
const common = {
  eventId: text,
  userId: text,
  state: text,
  updatedTimestamp: instant,
};

/**
 * For the description: `readPushed` reads it, so that both ways into the log have the same rules. A test holds the two
 * to each other.
 */
const pushedBody = z.discriminatedUnion('type', [
  z.object({
    type: z.literal(AGENT_EVENT),
    data: z.object({ ...common, sessionId: z.string().nullish(), mediaType: z.string().nullish() }),
  }),
  z.object({
    type: z.literal(SESSION_EVENT),
    data: z.object({
      ...common,
      sessionId: text,
      mediaType: text,
      acwRemaining: z.number().min(0).nullish(),
    }),
  }),
]);

/** The vendor's webhook: answered once the event is on the disk, as often as it is sent. */
export function webhookRoutes(deps: WebDeps, { refusePush }: Guard): Route[] {
  const { clock, control, metrics, operations, store, webhookKeys } = deps;
  const events = new PushedEvents({
    store,
    reopenRule: () => operations.reopenRule(),
    onCommitted: (counts, committed) => {
      metrics.pushed(counts);
      for (const event of committed) control.pushed(event);
    },
  });

  function read(body: Buffer): PushedEvent {
    const event = readPushed(parse(body), clock.now());
    if (!('field' in event)) return event;
    const { field, message } = event;
    throw new Problem('invalid_argument', `${field || 'The body'} ${message}.`, {
      errors: [{ field, message }],
    });
  }

  return [
    route({
      method: 'POST',
      path: '/webhooks/cxone',
      access: 'pushed',
      summary: 'Take what the vendor pushes, signed as Standard Webhooks says.',
      body: pushedBody,
      answers: {
        202: { description: 'It is on the disk, now or already before.' },
        400: problem('No JSON, or a field is missing or wrong; `errors` names it.'),
        401: problem('The signature is not valid, or its time is more than 5 minutes off.'),
        404: problem('No WEBHOOK_SECRET is configured.'),
        413: problem(`More than ${BODY_LIMIT_BYTES} bytes.`),
        429: problem('Too many signatures that are not valid; `Retry-After` says when.'),
      },
      handle: async ({ body, headers, address }) => {
        const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
        const fault = signatureFault(webhookKeys, headers, bytes, clock.now());
        if (fault !== undefined) {
          metrics.refusedPush('bad_signature');
          throw refusePush(address, new Problem('bad_signature', `${fault}.`));
        }
        try {
          await events.take(read(bytes));
        } catch (error) {
          metrics.refusedPush(error instanceof Problem ? 'invalid' : 'failed');
          throw error;
        }
        return { status: 202, json: { status: 'taken' } };
      },
    }),
  ];
}

/** Replaces nothing that it cannot read: ids that differ there would become one. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(UTF8.decode(body));
  } catch {
    throw new Problem('invalid_argument', 'The body is not valid JSON in UTF-8.', {
      errors: [{ field: '', message: 'is not valid JSON in UTF-8' }],
    });
  }
}
