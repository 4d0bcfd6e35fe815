import type { Check } from '../domain/checkup.ts';
import { explainClock } from '../domain/explain-clock.ts';
import { diagnoseCollecting } from './diagnose-collecting.ts';
import { explainDatabase } from './diagnose-database.ts';
import { diagnoseEndpoints } from './diagnose-endpoints.ts';
import { diagnoseSchedule, type JobSlots } from './diagnose-schedule.ts';
import {
  explainNoPerson,
  explainNoToken,
  explainPersonScopes,
  explainScopes,
  explainToken,
  serviceTokenOf,
  statesTokenOf,
} from './diagnose-token.ts';
import type { Clock, DatabaseSurvey, DiagnosisStore, DiagnosisVendor, Store } from './ports.ts';
import type { WebStore } from './web-ports.ts';

export interface DoctorDeps {
  readonly clock: Clock;
  readonly configuration: ConfigurationSeen;
  readonly survey: DatabaseSurvey;
  /** Opened for reading only; absent where the database is missing, unusable or of an older version. */
  readonly store: (Store & WebStore & DiagnosisStore) | undefined;
  /** Absent where the configuration does not say enough, or something wrong, to call it. */
  readonly vendor: DiagnosisVendor | undefined;
  readonly jobs: readonly JobSlots[];
  readonly thresholdMs: number;
  /** Whether a state counts as offline, by the configuration. */
  isOffline(state: string): boolean;
}

export interface ConfigurationSeen {
  /** One line each, the variable first. */
  readonly problems: readonly string[];
  /** What would have to be set to call the vendor. */
  readonly missing: readonly string[];
  /** Where the vendor is, and how tokens are got. */
  readonly vendorInWords: string;
}

/**
 * Looks at all that the program needs, in order: configuration, database, clock, token, endpoints, schedule. It only
 * reads, and every line says what it means and what to do.
 */
export async function* diagnoseProgram(deps: DoctorDeps, signal: AbortSignal): AsyncGenerator<Check> {
  yield* explainConfiguration(deps.configuration);
  yield* explainDatabase(deps.survey);
  if (deps.vendor !== undefined) yield* diagnoseVendor(deps, deps.vendor, signal);
  if (deps.store !== undefined) yield* await diagnoseSchedule({ ...deps, store: deps.store });
}

/** Every problem of the configuration at once. Pure. */
export function explainConfiguration({ problems, missing, vendorInWords }: ConfigurationSeen): Check[] {
  const check = 'configuration';
  const lines = [...problems, ...missing.map((name) => `${name}: must be set to call the vendor`)];
  if (lines.length === 0) {
    return [
      {
        check,
        level: 'ok',
        says: `All variables are right; ${vendorInWords}`,
        means: 'The program can start.',
      },
    ];
  }
  const means = 'Commands that need it end at once, with status 2.';
  const todo = 'Correct it in the environment; .env.example explains every variable.';
  return lines.map((says) => ({ check, level: 'problem', says, means, todo }));
}

async function* diagnoseVendor(
  deps: DoctorDeps,
  vendor: DiagnosisVendor,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const { clock, thresholdMs } = deps;
  const service = await serviceTokenOf(vendor, signal);
  yield explainClock({ reading: vendor.clockReading(), thresholdMs });
  if ('kind' in service) {
    yield explainNoToken(service);
    return;
  }
  yield explainToken(service, clock.now());
  yield* explainScopes(service.scopes, vendor.endpoints);
  const states = await statesTokenOf(vendor, service, signal);
  if ('kind' in states) yield explainNoPerson(states);
  else if (states !== service) {
    yield { ...explainToken(states, clock.now()), check: "person's token" };
    yield* explainPersonScopes(states.scopes);
  }
  yield* diagnoseEndpoints({ ...deps, vendor }, service, signal);
  if (!('kind' in states)) yield await diagnoseCollecting({ ...deps, vendor }, states, signal);
}
