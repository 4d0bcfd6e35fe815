import type { AcwRule } from '../domain/acw.ts';
import type { FindingKind } from '../domain/finding.ts';
import { CORRECTABLE_KINDS } from '../domain/finding-life.ts';
import { checkAcwRules } from './acw-rules.ts';
import { quote, type ReadFile, readText } from './environment.ts';
import { Fault } from './values.ts';
import type { Values } from './variables.ts';

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
  const kinds = CORRECTABLE_KINDS.filter((kind) => names.includes(kind));
  const other = names.find((name) => !kinds.some((kind) => kind === name));
  if (other === undefined) return new Set(kinds);
  return `ADHERENCE_CORRECT_KINDS: must be none or of ${CORRECTABLE_KINDS.join(', ')}, not ${quote(other)}`;
}

/** The ACW rules in a file; none without one. Or the problems with it. */
export function readRules(
  path: string | undefined,
  readFile: ReadFile,
): readonly AcwRule[] | { readonly problems: readonly string[] } {
  if (path === undefined) return [];
  const text = readText(path, readFile);
  const read = text instanceof Fault ? { problems: [text.message] } : parseRules(path, text);
  if (!('problems' in read)) return read;
  return { problems: read.problems.map((problem) => `ADHERENCE_ACW_RULES: ${problem}`) };
}

function parseRules(
  path: string,
  text: string,
): readonly AcwRule[] | { readonly problems: readonly string[] } {
  try {
    return checkAcwRules(JSON.parse(text));
  } catch {
    return { problems: [`must be a file of JSON, which ${quote(path)} is not`] };
  }
}

/** What is posted elsewhere has to be signed, so that who gets it can tell that it comes from here. */
export function escalationContradictions(values: Values, wrong: ReadonlySet<string>): string[] {
  const { ADHERENCE_ESCALATION_URL: url, ADHERENCE_ESCALATION_SECRET: secret } = values;
  if (url === undefined || secret !== undefined || wrong.has('ADHERENCE_ESCALATION_SECRET')) return [];
  return ['ADHERENCE_ESCALATION_SECRET: must be set for what is posted to ADHERENCE_ESCALATION_URL'];
}
