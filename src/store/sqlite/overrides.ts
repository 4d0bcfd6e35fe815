import { OVERRIDE_STEPS, type Override } from '../../domain/override.ts';
import type { OverrideStep, OverrideStore } from '../../usecases/control-port.ts';
import type { WriteAudit } from './audit-log.ts';
import type { Connection } from './connection.ts';
import { fromRow, type Row, toRow } from './nullable.ts';
import { requireStep } from './step-table.ts';

type Plain = Omit<Override, 'acknowledged'>;
type OverrideRow = Row<Plain> & { readonly acknowledged: string };

const COLUMNS = `override_id AS overrideId, user_id AS userId, state, incident, reason, requested_by AS requestedBy,
  requested_at AS requestedAt, expires_at AS expiresAt, status, decided_by AS decidedBy, decided_at AS decidedAt,
  acknowledged, owner, updated_at AS updatedAt, why`;

/** Forced changes, from their request on. */
export function overrideStore(connection: Connection, audit: WriteAudit): OverrideStore {
  const { database } = connection;
  const insert = database.prepare(
    `INSERT INTO overrides (override_id, user_id, state, incident, reason, requested_by, requested_at, expires_at, status,
       decided_by, decided_at, acknowledged, owner, updated_at, why, changed_at)
     VALUES (:overrideId, :userId, :state, :incident, :reason, :requestedBy, :requestedAt, :expiresAt, :status,
       :decidedBy, :decidedAt, :acknowledged, :owner, :updatedAt, :why, :now)`,
  );
  const select = database.prepare(`SELECT ${COLUMNS} FROM overrides WHERE override_id = ?`);
  const selectLatest = database.prepare(`SELECT ${COLUMNS} FROM overrides ORDER BY override_no DESC LIMIT ?`);
  const selectUnsettled = database.prepare(
    `SELECT ${COLUMNS} FROM overrides WHERE status IN ('requested', 'executing', 'unknown')
     ORDER BY override_no LIMIT ?`,
  );
  const update = database.prepare(
    `UPDATE overrides SET status = :status, decided_by = :decidedBy, decided_at = :decidedAt,
       acknowledged = :acknowledged, owner = :owner, updated_at = :updatedAt, why = :why,
       changed_at = max(changed_at, :now)
     WHERE override_id = :overrideId`,
  );

  function find(overrideId: string): Override | undefined {
    const row = select.get(overrideId) as OverrideRow | undefined;
    return row && toOverride(row);
  }

  return {
    addOverride: async (override, entry) =>
      connection.write(() => {
        if (override.status !== 'requested') {
          throw new Error(`The override ${override.overrideId} does not begin requested.`);
        }
        insert.run({ ...toOverrideRow(override), now: entry.at });
        audit(entry);
      }),
    readOverride: async (overrideId) => connection.read(() => find(overrideId)),
    listOverrides: async (limit) =>
      connection.read(() => (selectLatest.all(limit) as OverrideRow[]).map(toOverride)),
    stepOverride: async (overrideId, from, step, entry) => {
      requireStep(`override ${overrideId}`, OVERRIDE_STEPS, from, step.status);
      if (step.status === 'executing') connection.generation.raiseWhileSending(entry.at);
      return connection.write(() => {
        const override = find(overrideId);
        if (override?.status !== from) return false;
        update.run({ ...toOverrideRow(after(override, step)), now: entry.at });
        audit(entry);
        return true;
      });
    },
    unsettledOverrides: async (limit) =>
      connection.read(() => (selectUnsettled.all(limit) as OverrideRow[]).map(toOverride)),
  };
}

/** What is not given stays, but for the owner, who goes when its write is over. */
function after(override: Override, step: OverrideStep): Override {
  return {
    ...override,
    status: step.status,
    decidedBy: step.decidedBy ?? override.decidedBy,
    decidedAt: step.decidedAt ?? override.decidedAt,
    acknowledged: step.acknowledged ?? override.acknowledged,
    owner: step.owner,
    updatedAt: step.updatedAt ?? override.updatedAt,
    why: step.why ?? override.why,
  };
}

function toOverride({ acknowledged, ...plain }: OverrideRow): Override {
  return { ...fromRow<Plain>(plain), acknowledged: JSON.parse(acknowledged) };
}

function toOverrideRow({ acknowledged, ...plain }: Override): OverrideRow {
  return { ...toRow<Plain>(plain), acknowledged: JSON.stringify(acknowledged) };
}
