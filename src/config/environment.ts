import { Fault } from './values.ts';
import { VARIABLES, type Values, type Variable, type VariableName } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the text of a file; throws when it cannot be read. */
export type ReadFile = (path: string) => string;

export interface Reading {
  /** A variable that is wrong has its default here; its problem is in the list. */
  readonly values: Values;
  /** One line each, the variable's name first. */
  readonly problems: readonly string[];
  /** Names of those that are wrong. */
  readonly wrong: ReadonlySet<string>;
  /** The texts that must never be shown. */
  readonly secrets: readonly string[];
}

/** Reads all variables, from files where `X_FILE` says so, and finds those that nobody knows. */
export function readVariables(env: Environment, readFile: ReadFile): Reading {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  const wrong = new Set<string>();
  const secrets: string[] = [];
  for (const [name, variable] of Object.entries(VARIABLES) as [VariableName, Variable<unknown>][]) {
    const fallback = variable.default === undefined ? undefined : variable.parse(variable.default);
    const text = rawText(name, variable, env, readFile);
    if (text === undefined) {
      values[name] = fallback;
      continue;
    }
    const value = text instanceof Fault ? text : variable.parse(text);
    if (value instanceof Fault) {
      const shown =
        typeof text === 'string' && value.mayShow && !variable.secret ? `, not ${quote(text)}` : '';
      problems.push(`${name}: ${value.message}${shown}`);
      wrong.add(name);
    }
    values[name] = value instanceof Fault ? fallback : value;
    if (variable.secret && typeof text === 'string') {
      secrets.push(text);
      if (Array.isArray(value)) secrets.push(...text.split(/[\n,]/).map((part) => part.trim()));
    }
  }
  problems.push(...unknownVariables(env));
  return { values: values as Values, problems, wrong, secrets };
}

function rawText(
  name: string,
  variable: Variable<unknown>,
  env: Environment,
  readFile: ReadFile,
): string | undefined | Fault {
  const direct = env[name] || undefined;
  const path = variable.secret ? env[`${name}_FILE`] || undefined : undefined;
  if (path === undefined) return direct;
  if (direct !== undefined) return new Fault(`must not be given together with ${name}_FILE`);
  const content = readText(path, readFile);
  if (content instanceof Fault) return content;
  const secret = content.replace(/\r?\n$/, '');
  return secret === '' ? new Fault(`must not be empty, as the file ${quote(path)} is`) : secret;
}

/** A file's text, or the fault that it cannot be read. */
export function readText(path: string, readFile: ReadFile): string | Fault {
  try {
    return readFile(path);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return new Fault(`must be a file that can be read, which ${quote(path)} cannot${reason}`, false);
  }
}

/** A value as a problem shows it: on one line, and not all of it when it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

const PREFIXES = ['ADHERENCE_', 'CXONE_'];

/** What Kubernetes sets for a service that happens to be called `adherence` or `cxone`. */
const KUBERNETES =
  /_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;

function isOfKubernetes(name: string, value: string): boolean {
  return KUBERNETES.test(name) || (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value));
}

function unknownVariables(env: Environment): string[] {
  const names = Object.entries(VARIABLES).flatMap(([name, { secret }]) =>
    secret ? [name, `${name}_FILE`] : [name],
  );
  const known = new Set(names);
  const problems: string[] = [];
  for (const [name, value = ''] of Object.entries(env)) {
    if (known.has(name) || !PREFIXES.some((prefix) => name.startsWith(prefix))) continue;
    if (isOfKubernetes(name, value)) continue;
    problems.push(`${name}: is not a variable of this program${advice(name, names)}`);
  }
  return problems;
}

function advice(name: string, names: readonly string[]): string {
  const plain = name.replace(/_FILE$/, '');
  if (plain !== name && names.includes(plain))
    return `; only secrets may be given as a file, so set ${plain}`;
  const [nearest] = names
    .map((known) => ({ known, distance: editDistance(name, known) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= 4
    ? `; did you mean ${nearest.known}?`
    : '; .env.example lists all of them';
}

/** Levenshtein's: how many letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
