/** Puts the doctor together: it must run where the program cannot, so nothing here insists on anything. */
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { ProgramError } from '../domain/errors.ts';
import { isOffline } from '../domain/state.ts';
import { openVendorAlone } from '../program.ts';
import { openStore } from '../store/sqlite/store.ts';
import { surveyDatabase } from '../store/sqlite/survey.ts';
import { type AgentCheck, diagnoseAgent } from '../usecases/diagnose-agent.ts';
import { type DoctorDeps, diagnoseProgram } from '../usecases/diagnose-program.ts';
import type { JobSlots } from '../usecases/diagnose-schedule.ts';
import type { DatabaseSurvey, Log } from '../usecases/ports.ts';

export { worstLevel } from '../domain/checkup.ts';
export type { AgentCheck } from '../usecases/diagnose-agent.ts';
export type { JobSlots } from '../usecases/diagnose-schedule.ts';

export interface Doctor {
  /** Looks at everything, or at why one user's state cannot be seen. */
  checks(username: string | undefined, signal: AbortSignal): AsyncGenerator<AgentCheck>;
  close(): Promise<void>;
}

/** @param problems of the configuration, which is right as far as they do not say otherwise. */
export function openDoctor(config: Config, problems: readonly string[], jobs: readonly JobSlots[]): Doctor {
  const { survey, store } = openLedger(config.database);
  const canCall = config.vendor !== undefined && !problems.some((line) => line.startsWith('CXONE_'));
  const { log, notes } = openNotes();
  const vendor = canCall ? openVendorAlone(config, log) : undefined;
  // What is said on opening, of the grant, has a check of its own.
  notes.length = 0;
  const deps: DoctorDeps = {
    clock: systemClock,
    configuration: { problems, missing: config.vendorMissing, vendorInWords: vendorInWords(config) },
    survey,
    store,
    vendor,
    jobs,
    thresholdMs: config.policy.thresholdMs,
    isOffline: (state) => isOffline(state, config.policy),
  };
  return {
    async *checks(username, signal) {
      yield* username === undefined ? diagnoseProgram(deps, signal) : diagnoseAgent(deps, username, signal);
      yield* notes.map(explainNote);
    },
    async close() {
      await vendor?.close();
      await store?.close();
    },
  };
}

/** What would be worth a warning in a log, of which the doctor has none. */
function openNotes(): { readonly log: Log; readonly notes: string[] } {
  const notes: string[] = [];
  const skip = (): void => undefined;
  return {
    log: { debug: skip, info: skip, error: skip, warn: (_fields, message) => notes.push(message) },
    notes,
  };
}

/** What there is to warn of while the doctor looks is about the login that is kept. */
function explainNote(says: string): AgentCheck {
  return {
    check: 'login',
    level: 'warning',
    says,
    means: 'Other commands warn of it in their log.',
    todo: 'Correct what is configured if that is wrong; otherwise run `adherence logout`, then `adherence login`.',
  };
}

function openLedger(path: string): { survey: DatabaseSurvey; store: DoctorDeps['store'] } {
  const survey = surveyDatabase(path);
  if (survey.kind !== 'open' || survey.schema !== survey.newestSchema || survey.integrity.faults.length > 0) {
    return { survey, store: undefined };
  }
  try {
    return { survey, store: openStore({ path, readonly: true }) };
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    const { code, message, hint } = error;
    return { survey: { kind: 'unusable', code, message, hint }, store: undefined };
  }
}

function vendorInWords({ vendor }: Config): string {
  return vendor === undefined ? 'no vendor' : `the vendor is ${vendor.baseUrl}, grant ${vendor.grant}`;
}
