import type Database from 'better-sqlite3';
import { normalizeState } from '../../domain/state.ts';

/** Small integers in place of user ids and states: the log is written and read by them. */
export interface Numbers {
  /** The agent's number; an agent nobody has heard of yet is added. */
  ofAgent(userId: string): number;
  /** The agent's number, if there is such an agent. */
  findAgent(userId: string): number | undefined;
  /** The number of a state, added if new. States that compare equal have one number. */
  ofState(state: string): number;
  nameOfState(stateNo: number): string;
  /** Drops what is remembered: some of it may have been rolled back. */
  forget(): void;
}

export function makeNumbers(database: Database.Database): Numbers {
  const agentNoByUserId = new Map<string, number>();
  // By the word as it was sent too, so that the hot path does not normalize it each time.
  const stateNoByWord = new Map<string, number>();
  const nameByStateNo = new Map<number, string>();
  const selectAgent = database.prepare('SELECT agent_no FROM agents WHERE user_id = ?').pluck();
  const insertAgent = database.prepare('INSERT INTO agents (user_id) VALUES (?)');
  const selectState = database.prepare('SELECT state_no FROM states WHERE name = ?').pluck();
  const insertState = database.prepare('INSERT INTO states (name) VALUES (?)');
  const selectName = database.prepare('SELECT name FROM states WHERE state_no = ?').pluck();

  function findAgent(userId: string): number | undefined {
    const known = agentNoByUserId.get(userId);
    if (known !== undefined) return known;
    const stored = selectAgent.get(userId) as number | undefined;
    if (stored !== undefined) agentNoByUserId.set(userId, stored);
    return stored;
  }

  function addAgent(userId: string): number {
    const added = Number(insertAgent.run(userId).lastInsertRowid);
    agentNoByUserId.set(userId, added);
    return added;
  }

  function numberState(word: string): number {
    const name = normalizeState(word);
    const stored = selectState.get(name) as number | undefined;
    const stateNo = stored ?? Number(insertState.run(name).lastInsertRowid);
    stateNoByWord.set(word, stateNo);
    return stateNo;
  }

  return {
    findAgent,
    ofAgent: (userId) => findAgent(userId) ?? addAgent(userId),
    ofState: (word) => stateNoByWord.get(word) ?? numberState(word),
    nameOfState(stateNo) {
      const known = nameByStateNo.get(stateNo);
      if (known !== undefined) return known;
      const name = selectName.get(stateNo) as string;
      nameByStateNo.set(stateNo, name);
      return name;
    },
    forget() {
      agentNoByUserId.clear();
      stateNoByWord.clear();
      nameByStateNo.clear();
    },
  };
}
