import type Database from 'better-sqlite3';
import { RATE_RUNS, type RunFigures } from '../../domain/breaker.ts';
import type { JudgedWindow } from '../../usecases/ports.ts';

/** Adds what windows tell the circuit breakers to their run's figures; in the transaction of the windows. */
export function makeFigureCounting(database: Database.Database) {
  const add = database.prepare(
    `UPDATE runs SET judged_ms = judged_ms + :judgedMs, paired_agents = paired_agents + :pairedAgents,
       working_agents = working_agents + :workingAgents, empty_agents = empty_agents + :emptyAgents
     WHERE run_id = :runId`,
  );
  // All in one statement, as an object of counts by drift: each call of one would cost more than the row does.
  const addDrifts = database.prepare(
    `INSERT INTO run_drifts (run_id, drift_ms, pairs)
     SELECT ?, CAST(key AS INTEGER), value FROM json_each(?) WHERE true
     ON CONFLICT DO UPDATE SET pairs = pairs + excluded.pairs`,
  );
  return (runId: number, windows: readonly JudgedWindow[]): void => {
    if (windows.length === 0) return;
    const sum = { runId, judgedMs: 0, pairedAgents: 0, workingAgents: 0, emptyAgents: 0 };
    const drifts = new Map<number, number>();
    for (const { figures } of windows) {
      sum.judgedMs += figures.judgedMs;
      sum.pairedAgents += figures.pairedAgents;
      sum.workingAgents += figures.workingAgents;
      sum.emptyAgents += figures.emptyAgents;
      for (const driftMs of figures.driftsMs) drifts.set(driftMs, (drifts.get(driftMs) ?? 0) + 1);
    }
    add.run(sum);
    if (drifts.size > 0) addDrifts.run(runId, JSON.stringify(Object.fromEntries(drifts)));
  };
}

/** Hands a run's figures on to the run that adopts it, and to nobody else. */
export function makeFiguresHandOver(database: Database.Database) {
  const add = database.prepare(
    `UPDATE runs SET judged_ms = runs.judged_ms + dead.judged_ms,
       paired_agents = runs.paired_agents + dead.paired_agents,
       working_agents = runs.working_agents + dead.working_agents,
       empty_agents = runs.empty_agents + dead.empty_agents
     FROM runs AS dead WHERE runs.run_id = :to AND dead.run_id = :from`,
  );
  const clear = database.prepare(
    `UPDATE runs SET judged_ms = 0, paired_agents = 0, working_agents = 0, empty_agents = 0
     WHERE run_id = :from`,
  );
  const addDrifts = database.prepare(
    `INSERT INTO run_drifts (run_id, drift_ms, pairs)
     SELECT :to, drift_ms, pairs FROM run_drifts WHERE run_id = :from
     ON CONFLICT DO UPDATE SET pairs = pairs + excluded.pairs`,
  );
  const forget = makeForgetDrifts(database);
  return (from: number, to: number): void => {
    add.run({ from, to });
    clear.run({ from });
    addDrifts.run({ from, to });
    forget(from);
  };
}

/** Nobody asks for the drifts of a run that is closed. */
export function makeForgetDrifts(database: Database.Database) {
  const remove = database.prepare('DELETE FROM run_drifts WHERE run_id = ?');
  return (runId: number): void => {
    remove.run(runId);
  };
}

type Sums = Pick<RunFigures, 'corrections' | 'judgedMs' | 'pairedAgents' | 'workingAgents' | 'emptyAgents'>;

/** What a run did so far; runs that judged nothing, as those of a review, are no measure for others. */
export function figuresReader(database: Database.Database) {
  const selectSums = database.prepare(
    `SELECT judged_ms AS judgedMs, paired_agents AS pairedAgents, working_agents AS workingAgents,
       empty_agents AS emptyAgents,
       (SELECT count(*) FROM corrections WHERE run_id = :runId AND status = 'proposed') AS corrections
     FROM runs WHERE run_id = :runId`,
  );
  const selectDrifts = database
    .prepare('SELECT drift_ms, pairs FROM run_drifts WHERE run_id = ? ORDER BY drift_ms')
    .raw();
  const selectEarlier = database.prepare(
    `SELECT corrections_made AS corrections, judged_ms AS judgedMs FROM runs
     WHERE run_id < ? AND status = 'done' AND judged_ms > 0 ORDER BY run_id DESC LIMIT ${RATE_RUNS}`,
  );
  return (runId: number): RunFigures => {
    const sums = selectSums.get({ runId }) as Sums | undefined;
    if (sums === undefined) throw new Error(`There is no run ${runId}.`);
    const drifts = new Map(selectDrifts.all(runId) as [driftMs: number, pairs: number][]);
    return { ...sums, drifts, earlier: selectEarlier.all(runId) as RunFigures['earlier'] };
  };
}
