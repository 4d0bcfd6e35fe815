/** The table of `migrations/0003-listed-states.sql` as drizzle sees it; part of `schema.ts`. */
import { integer, sqliteTable, text } from './drizzle.ts';
import { agents } from './schema.ts';

export const listedStates = sqliteTable('listed_states', {
  agentNo: integer('agent_no')
    .primaryKey()
    .references(() => agents.agentNo),
  type: text('type'),
  name: text('name'),
  at: integer('at'),
  readAt: integer('read_at').notNull(),
});
