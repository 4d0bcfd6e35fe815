import { type AcwContract, type AcwExtension, CONTRACT_STEPS, EXTENSION_STEPS } from '../../domain/acw.ts';
import type { AuditEntry, ContractStep, ContractStore, Escalation } from '../../usecases/control-port.ts';
import type { WriteAudit } from './audit-log.ts';
import type { Connection } from './connection.ts';
import { CONTRACT_COLUMNS, type ContractRow, toContract, toContractRow } from './contract-rows.ts';
import type { AddEscalation } from './escalations.ts';
import { requireAudit, requireStep } from './step-table.ts';

interface Stepping {
  readonly contract: AcwContract;
  readonly step: ContractStep;
  readonly audit: AuditEntry | undefined;
  readonly escalation: Escalation | undefined;
}

/** After-call work that is enforced: one contract per session, with at most one extension. */
export function contractStore(
  connection: Connection,
  writeAudit: WriteAudit,
  addEscalation: AddEscalation,
): ContractStore {
  const { database } = connection;
  const select = database.prepare(`SELECT ${CONTRACT_COLUMNS} FROM acw_contracts WHERE session_id = ?`);
  const selectOpen = database.prepare(
    `SELECT ${CONTRACT_COLUMNS} FROM acw_contracts INDEXED BY acw_contracts_open
     WHERE status IN ('sending', 'unknown', 'running') AND session_id > :after ORDER BY session_id LIMIT :limit`,
  );
  const insert = database.prepare(
    `INSERT INTO acw_contracts (session_id, user_id, idempotency_key, duration_s, type, reason_code, requested_by,
       created_at, status, sent_times, sent_at, timer_before, ends_at, extension_s, extension_status, extension_sent_at,
       extension_timer_before, owner, why, changed_at)
     VALUES (:sessionId, :userId, :key, :durationSeconds, :type, :reasonCode, :requestedBy, :createdAt, :status,
       :sentTimes, :sentAt, :timerBefore, :endsAt, :extensionSeconds, :extensionStatus, :extensionSentAt,
       :extensionTimerBefore, :owner, :why, :now)`,
  );
  const update = database.prepare(
    `UPDATE acw_contracts SET status = :status, sent_times = :sentTimes, sent_at = :sentAt, timer_before = :timerBefore,
       ends_at = :endsAt, extension_s = :extensionSeconds, extension_status = :extensionStatus,
       extension_sent_at = :extensionSentAt, extension_timer_before = :extensionTimerBefore, owner = :owner, why = :why,
       changed_at = max(changed_at, coalesce(:now, changed_at))
     WHERE session_id = :sessionId`,
  );

  function find(sessionId: string): AcwContract | undefined {
    const row = select.get(sessionId) as ContractRow | undefined;
    return row && toContract(row);
  }

  function write({ contract, step, audit, escalation }: Stepping): boolean {
    if (step.extension !== undefined && !mayExtend(contract.extension, step.extension)) return false;
    update.run({ ...toContractRow(after(contract, step)), now: audit?.at ?? null });
    if (audit !== undefined) writeAudit(audit);
    if (audit !== undefined && escalation !== undefined) addEscalation(escalation, audit.at);
    return true;
  }

  /** Before it may leave, another copy of the database must not be taken for this one. */
  function prepareSending(isSending: boolean, audit: AuditEntry | undefined): void {
    if (isSending && audit !== undefined) connection.generation.raiseWhileSending(audit.at);
  }

  return {
    addContract: async (contract, audit) => {
      prepareSending(contract.status === 'sending', audit);
      return connection.write(() => {
        const standing = find(contract.sessionId);
        if (standing !== undefined) return { contract: standing, added: false };
        insert.run({ ...toContractRow(contract), now: audit.at });
        writeAudit(audit);
        return { contract, added: true };
      });
    },
    readContract: async (sessionId) => connection.read(() => find(sessionId)),
    openContracts: async (limit, after = '') =>
      connection.read(() => (selectOpen.all({ limit, after }) as ContractRow[]).map(toContract)),
    stepContract: async (sessionId, from, step, audit, escalation) => {
      const what = `contract of the session ${sessionId}`;
      const isStep = step.status !== from;
      if (isStep) requireStep(what, CONTRACT_STEPS, from, step.status);
      if (isStep || step.extension !== undefined || escalation !== undefined) requireAudit(what, audit);
      prepareSending(step.owner !== undefined, audit);
      return connection.write(() => {
        const contract = find(sessionId);
        if (contract?.status !== from) return false;
        return write({ contract, step, audit, escalation });
      });
    },
  };
}

function mayExtend(standing: AcwExtension, { status }: AcwExtension): boolean {
  return EXTENSION_STEPS[standing.status].includes(status);
}

/** What is not given stays; the owner does only while what it sends is under way. */
function after(contract: AcwContract, step: ContractStep): AcwContract {
  const next = { ...contract, ...step, extension: { ...contract.extension, ...step.extension } };
  const isSending = next.status === 'sending' || next.extension.status === 'sending';
  return { ...next, owner: isSending ? (step.owner ?? contract.owner) : undefined };
}
