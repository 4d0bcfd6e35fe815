import type { AcwContract, AcwSending } from '../../domain/acw.ts';
import type { Instant } from '../../domain/instant.ts';
import { fromRow, type Row, toRow } from './nullable.ts';

/** What has a column of its own. */
type Plain = Omit<AcwContract, 'sent' | 'extension'>;

/** A contract as it lies in its table. */
export interface ContractRow extends Row<Plain> {
  readonly sentTimes: number;
  readonly sentAt: Instant | null;
  readonly timerBefore: Instant | null;
  readonly extensionSeconds: number;
  readonly extensionStatus: AcwContract['extension']['status'];
  readonly extensionSentAt: Instant | null;
  readonly extensionTimerBefore: Instant | null;
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
    ...plain
  } = row;
  const extensionSent = toSending(1, extensionSentAt, extensionTimerBefore);
  return {
    ...fromRow<Plain>(plain),
    sent: toSending(sentTimes, sentAt, timerBefore),
    extension: {
      seconds: extensionSeconds,
      status: extensionStatus,
      ...(extensionSent !== undefined && { sent: extensionSent }),
    },
  };
}

export function toContractRow(contract: AcwContract): ContractRow {
  const { sent, extension, ...plain } = contract;
  return {
    ...toRow<Plain>(plain),
    sentTimes: sent?.times ?? 0,
    sentAt: sent?.at ?? null,
    timerBefore: sent?.timerBefore ?? null,
    extensionSeconds: extension.seconds,
    extensionStatus: extension.status,
    extensionSentAt: extension.sent?.at ?? null,
    extensionTimerBefore: extension.sent?.timerBefore ?? null,
  };
}

function toSending(times: number, at: Instant | null, timerBefore: Instant | null): AcwSending | undefined {
  return at === null ? undefined : { times, at, timerBefore: timerBefore ?? undefined };
}
