import type { AcwContract, AcwSending } from '../../domain/acw.ts';
import type { Instant } from '../../domain/instant.ts';

/** A contract as it lies in its table. */
export interface ContractRow extends Omit<AcwContract, 'sent' | 'endsAt' | 'extension' | 'owner' | 'why'> {
  readonly sentTimes: number;
  readonly sentAt: Instant | null;
  readonly timerBefore: Instant | null;
  readonly endsAt: Instant | null;
  readonly extensionSeconds: number;
  readonly extensionStatus: AcwContract['extension']['status'];
  readonly extensionSentAt: Instant | null;
  readonly extensionTimerBefore: Instant | null;
  readonly owner: string | null;
  readonly why: string | null;
}

/** For SELECT; the names are those of `ContractRow`. */
export const CONTRACT_COLUMNS = `session_id AS sessionId, user_id AS userId, idempotency_key AS key,
  duration_s AS durationSeconds, type, reason_code AS reasonCode, requested_by AS requestedBy, created_at AS createdAt,
  status, sent_times AS sentTimes, sent_at AS sentAt, timer_before AS timerBefore, ends_at AS endsAt,
  extension_s AS extensionSeconds, extension_status AS extensionStatus, extension_sent_at AS extensionSentAt,
  extension_timer_before AS extensionTimerBefore, owner, why`;

export function toContract(row: ContractRow): AcwContract {
  const {
    sentTimes,
    sentAt,
    timerBefore,
    extensionSeconds,
    extensionStatus,
    extensionSentAt,
    extensionTimerBefore,
    ...rest
  } = row;
  const extensionSent = toSending(1, extensionSentAt, extensionTimerBefore);
  return {
    ...rest,
    sent: toSending(sentTimes, sentAt, timerBefore),
    endsAt: row.endsAt ?? undefined,
    extension: {
      seconds: extensionSeconds,
      status: extensionStatus,
      ...(extensionSent !== undefined && { sent: extensionSent }),
    },
    owner: row.owner ?? undefined,
    why: row.why ?? undefined,
  };
}

export function toContractRow(contract: AcwContract): ContractRow {
  const { sent, extension, ...rest } = contract;
  return {
    ...rest,
    sentTimes: sent?.times ?? 0,
    sentAt: sent?.at ?? null,
    timerBefore: sent?.timerBefore ?? null,
    endsAt: contract.endsAt ?? null,
    extensionSeconds: extension.seconds,
    extensionStatus: extension.status,
    extensionSentAt: extension.sent?.at ?? null,
    extensionTimerBefore: extension.sent?.timerBefore ?? null,
    owner: contract.owner ?? null,
    why: contract.why ?? null,
  };
}

function toSending(times: number, at: Instant | null, timerBefore: Instant | null): AcwSending | undefined {
  return at === null ? undefined : { times, at, timerBefore: timerBefore ?? undefined };
}
