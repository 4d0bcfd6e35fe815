import type { Disagreement, PresenceStore } from '../../usecases/control-port.ts';
import type { WriteAudit } from './audit-log.ts';
import type { Connection } from './connection.ts';
import type { AddEscalation } from './escalations.ts';

type DisagreementRow = Omit<Disagreement, 'told'> & { readonly told: 0 | 1 };

const COLUMNS = 'user_id AS userId, since, told, presence, telephony';

/** Agents whose desktop presence and telephony disagree. */
export function presenceStore(
  { database, ...connection }: Connection,
  audit: WriteAudit,
  addEscalation: AddEscalation,
): PresenceStore {
  const select = database.prepare(`SELECT ${COLUMNS} FROM disagreements WHERE user_id = ?`);
  const selectPage = database.prepare(`SELECT ${COLUMNS} FROM disagreements ORDER BY user_id LIMIT ?`);
  const replace = database.prepare(
    `INSERT OR REPLACE INTO disagreements (user_id, since, told, presence, telephony)
     VALUES (:userId, :since, :told, :presence, :telephony)`,
  );
  const remove = database.prepare('DELETE FROM disagreements WHERE user_id = ?');
  return {
    disagreements: async (limit) =>
      connection.read(() => (selectPage.all(limit) as DisagreementRow[]).map(toDisagreement)),
    readDisagreement: async (userId) =>
      connection.read(() => {
        const row = select.get(userId) as DisagreementRow | undefined;
        return row && toDisagreement(row);
      }),
    saveDisagreement: async (userId, disagreement, entry, escalation) =>
      connection.write(() => {
        if (disagreement === undefined) remove.run(userId);
        else replace.run({ ...disagreement, userId, told: disagreement.told ? 1 : 0 });
        if (entry === undefined) return;
        audit(entry);
        if (escalation !== undefined) addEscalation(escalation, entry.at);
      }),
  };
}

function toDisagreement(row: DisagreementRow): Disagreement {
  return { ...row, told: row.told === 1 };
}
