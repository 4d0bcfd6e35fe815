import type { FindingKind } from '../domain/finding.ts';
import { quote, type ReadFile, readText } from './environment.ts';
import { Fault } from './values.ts';
import type { Values } from './variables.ts';

/** Kinds whose findings say what the agent really did, so that they can be corrected (reconciliation.md 5). */
const CORRECTABLE = ['boundary_drift', 'missing_in_report', 'state_mismatch'] as const;

/** Times that are each right but not together; those that are wrong by themselves are not looked at. */
export function timeContradictions(values: Values, wrong: ReadonlySet<string>): string[] {
  if (wrong.has('ADHERENCE_PAIRING_TOLERANCE_SECONDS')) return [];
  const tolerance = values.ADHERENCE_PAIRING_TOLERANCE_SECONDS;
  const problems: string[] = [];
  if (!wrong.has('ADHERENCE_MARGIN_SECONDS') && values.ADHERENCE_MARGIN_SECONDS < 2 * tolerance) {
    problems.push(
      `ADHERENCE_MARGIN_SECONDS: must be at least twice ADHERENCE_PAIRING_TOLERANCE_SECONDS, so ${2 * tolerance} or more, not ${values.ADHERENCE_MARGIN_SECONDS}`,
    );
  }
  if (!wrong.has('ADHERENCE_MAX_WINDOW_SECONDS') && values.ADHERENCE_MAX_WINDOW_SECONDS < tolerance) {
    problems.push(
      `ADHERENCE_MAX_WINDOW_SECONDS: must be at least ADHERENCE_PAIRING_TOLERANCE_SECONDS, so ${tolerance} or more, not ${values.ADHERENCE_MAX_WINDOW_SECONDS}`,
    );
  }
  return problems;
}

/** The kinds that may be corrected without review, or the problem with them. */
export function readKinds(names: readonly string[]): ReadonlySet<FindingKind> | string {
  if (names.length === 1 && names[0] === 'none') return new Set();
  const kinds = CORRECTABLE.filter((kind) => names.includes(kind));
  const other = names.find((name) => !kinds.some((kind) => kind === name));
  if (other === undefined) return new Set(kinds);
  return `ADHERENCE_CORRECT_KINDS: must be none or of ${CORRECTABLE.join(', ')}, not ${quote(other)}`;
}

/** The JSON of a file, or the problem with it. */
export function readRules(path: string | undefined, readFile: ReadFile): { readonly json: unknown } | string {
  if (path === undefined) return { json: undefined };
  const text = readText(path, readFile);
  if (text instanceof Fault) return `ADHERENCE_ACW_RULES: ${text.message}`;
  try {
    return { json: JSON.parse(text) };
  } catch {
    return `ADHERENCE_ACW_RULES: must be a file of JSON, which ${quote(path)} is not`;
  }
}
