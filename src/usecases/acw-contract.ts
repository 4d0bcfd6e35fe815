import { createHash } from 'node:crypto';
import type { AcwContract, AcwTerms } from '../domain/acw.ts';
import type { VendorClock } from '../domain/vendor-clock.ts';
import { type AuditWords, auditEntry } from './audit-entry.ts';
import type {
  AuditEntry,
  AuditStore,
  ContractStore,
  RegistryStore,
  TelephonyVendor,
} from './control-port.ts';
import type { Clock, Log } from './ports.ts';
import type { LockOwner } from './run-lock.ts';

/** What after-call work is enforced with. */
export interface AcwDeps {
  readonly store: Pick<ContractStore, 'addContract' | 'readContract' | 'stepContract'> &
    Pick<RegistryStore, 'knownSession' | 'recordSessions'> &
    Pick<AuditStore, 'recordAudit'>;
  readonly vendor: Pick<TelephonyVendor, 'readSession' | 'readStatus' | 'writeAcw'> & {
    /** The vendor's clock by all answers so far. */
    clockReading?(): VendorClock | undefined;
  };
  readonly clock: Clock;
  readonly log: Log;
  /** Who sends, so that another process can tell whether it still does. */
  readonly owner: LockOwner;
}

/** The same session has the same key, whoever asks for its after-call work, and however often. */
export function acwKeyOf(sessionId: string): string {
  return `acw-${createHash('sha256').update(sessionId).digest('hex')}`;
}

/** What leaves for the vendor, as the audit keeps it. */
export function sentTerms({ durationSeconds, type, reasonCode }: AcwTerms, key: string): object {
  return { duration: durationSeconds, type, reasonCode, enforceUntilComplete: true, idempotencyKey: key };
}

export function isSameContent(
  { durationSeconds, type, reasonCode }: AcwTerms,
  other: Pick<AcwContract, keyof AcwTerms>,
): boolean {
  return durationSeconds === other.durationSeconds && type === other.type && reasonCode === other.reasonCode;
}

/** Who acts in the audit where nobody asked. */
export const ACW_JOB = 'acw';

/** A row of the audit about a session's after-call work. */
export function acwAudit(
  { clock }: Pick<AcwDeps, 'clock'>,
  { sessionId, userId }: Pick<AcwContract, 'sessionId' | 'userId'>,
  actor: string,
  event: string,
  words: Omit<AuditWords, 'userId' | 'subject'>,
): AuditEntry {
  return auditEntry(clock.now(), actor, event, { userId, subject: sessionId, ...words });
}
