import type { Instant } from '../../domain/instant.ts';
import { parseRetryAfterMs } from '../../domain/retry-after.ts';
import type { PostAnswer, PostEscalation } from '../../usecases/escalate.ts';
import type { Clock } from '../../usecases/ports.ts';
import { signaturesOf } from '../signature.ts';

const TIMEOUT_MS = 10_000;

export interface EscalationTarget {
  readonly url: URL;
  readonly keys: readonly Uint8Array[];
}

/**
 * Posts escalations, signed as Standard Webhooks says; the id is the escalation's own, so that one that comes twice
 * can be told. What went wrong is said without the address, which may be a secret.
 */
export function escalationPoster({ url, keys }: EscalationTarget, clock: Clock): PostEscalation {
  return async ({ escalationId, body }, signal) => {
    const bytes = Buffer.from(body, 'utf8');
    const timestamp = String(Math.floor(clock.now() / 1000));
    const timeout = clock.timeoutSignal(TIMEOUT_MS);
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'webhook-id': escalationId,
          'webhook-timestamp': timestamp,
          'webhook-signature': signaturesOf(keys, escalationId, timestamp, bytes),
        },
        body: bytes,
        redirect: 'error',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      await answer.body?.cancel();
      return answerOf(answer, clock.now());
    } catch (error) {
      signal?.throwIfAborted();
      return { outcome: 'failed', why: reasonOf(error), retryAfterMs: undefined };
    }
  };
}

function answerOf({ ok, status, headers }: Response, now: Instant): PostAnswer {
  if (ok) return { outcome: 'taken' };
  const why = `HTTP ${status}`;
  if (status === 410) return { outcome: 'gone', why };
  const retryAfterMs = parseRetryAfterMs(headers.get('retry-after') ?? undefined, now);
  return { outcome: 'failed', why, retryAfterMs };
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return 'no answer in time';
  return typeof cause?.code === 'string' ? cause.code : 'it could not be sent';
}
