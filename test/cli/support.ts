import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, onTestFinished, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';
import { transitionsNdjson } from '../../src/simulator/transitions-file.ts';

/*
 * The program from outside: a process of its own for each command, the simulator over loopback, files in a
 * temporary folder. Nothing of the environment that runs the tests is handed on but what a process needs.
 */

export const CLI = resolve(import.meta.dirname, '../../src/cli.ts');
export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

/** In this order of exit statuses (surface.md). */
export const EXIT = { done: 0, failed: 1, usage: 2, partial: 3, locked: 4 } as const;

export type Environment = Readonly<Record<string, string>>;

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves as soon as standard error has said something like it; rejects when the process ends before. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

/** What comes in by standard input. */
type Input = string | Buffer | 'left open';

/** What is still running when the tests of a file are over, as after one that failed. */
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a command in the background; it does not outlive the tests of its file. */
export function begin(args: readonly string[], env: Environment = {}, input: Input = ''): Started {
  const child = spawn(process.execPath, [CLI, ...args], { env: bare(env), cwd: tmpdir() });
  running.add(child);
  child.once('close', () => running.delete(child));
  const out = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    out.stderr += text;
  });
  child.stdin.on('error', () => undefined);
  if (input !== 'left open') child.stdin.end(input);
  const ended = new Promise<Ended>((done, failed) => {
    child.once('error', failed);
    child.once('close', (status, signal) => done({ status, signal, ...out }));
  });
  return { child, ended, said: (pattern) => said(child, out, pattern) };
}

function said(child: ChildProcess, out: { stderr: string }, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((done, failed) => {
    const look = (): void => {
      const match = pattern.exec(out.stderr);
      if (match !== null) done(match);
    };
    look();
    child.stderr?.on('data', look);
    child.once('close', () => failed(new Error(`it ended without saying ${pattern}:\n${out.stderr}`)));
  });
}

/** Runs a command to its end. */
export async function adherence(
  args: readonly string[],
  env: Environment = {},
  input: Input = '',
): Promise<Ended> {
  const { child, ended } = begin(args, env, input);
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a command that must say so; answers with its JSON document. */
export async function adherenceJson<T = Document>(
  args: readonly string[],
  env: Environment,
  status: number = EXIT.done,
): Promise<T> {
  const ran = await adherence([...args, '--json'], env);
  if (ran.status !== status) {
    throw new Error(`${args.join(' ')} ended with ${ran.status}, not ${status}:\n${ran.stdout}${ran.stderr}`);
  }
  return JSON.parse(ran.stdout) as T;
}

export type Document = Readonly<Record<string, unknown>>;

/** surface.md, JSON documents, `run`. */
export interface RunDocument {
  readonly runId: number | null;
  readonly status: string;
  readonly dryRun: boolean;
  readonly from: string | null;
  readonly to: string | null;
  readonly windows: number;
  readonly agents: { readonly planned: number; readonly judged: number; readonly failed: number };
  readonly findings: {
    readonly new: number;
    readonly changed: number;
    readonly resolved: number;
    readonly unchanged: number;
    readonly byKind: Readonly<Record<string, number>>;
  };
  readonly corrections: {
    readonly made: number;
    readonly delivered: number;
    readonly waiting: number;
    readonly held: number;
    readonly failed: number;
  };
  readonly errors: readonly { readonly agent: string; readonly code: string; readonly message: string }[];
  readonly durationMs: number;
}

function bare(env: Environment): NodeJS.ProcessEnv {
  const { PATH, HOME, TZ, NODE_V8_COVERAGE } = process.env;
  const own = { PATH, HOME, TZ, NODE_V8_COVERAGE };
  const set = Object.entries(own).filter(([, value]) => value !== undefined);
  // Stripping and compiling the program's types is two fifths of what a short command costs.
  const compiled = { NODE_COMPILE_CACHE: join(tmpdir(), 'adherence-test-compiled') };
  return { ...Object.fromEntries(set), ...compiled, LOG_LEVEL: 'warn', ...env };
}

/** Parses arguments in this very process, for what never gets as far as opening anything. */
export async function mainHere(args: readonly string[]): Promise<Omit<Ended, 'signal'>> {
  const out = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      out[name] += String(text);
      return true;
    }),
  );
  try {
    return { status: await main(args), ...out };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** A folder that is gone after the test; outside of one, after the file. */
export async function folder(until: (clean: () => Promise<void>) => void = onTestFinished): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'adherence-test-'));
  until(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A simulator that ends with the test file. */
export async function simulatorOfFile(options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options);
  afterAll(() => simulator.close());
  return simulator;
}

/** A simulator that ends with the test. */
export async function simulatorOfTest(options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

/** What the program needs to work on a database in a folder with a simulator. */
export function environment(folderPath: string, simulator?: Simulator, more: Environment = {}): Environment {
  return {
    ADHERENCE_DB: join(folderPath, 'adherence.db'),
    ADHERENCE_REPORT_DIR: join(folderPath, 'reports'),
    ...(simulator === undefined ? {} : vendorAt(simulator.url)),
    ...more,
  };
}

export function vendorAt(url: string): Environment {
  return {
    CXONE_BASE_URL: url,
    CXONE_CLIENT_ID: 'client',
    CXONE_CLIENT_SECRET: 'secret',
    CXONE_MAX_REQUESTS_PER_SECOND: '0',
  };
}

/** Imports what truly happened since so many hours ago. Within five days every agent has worked. */
export async function importTruth(
  simulator: Simulator,
  env: Environment,
  hours = 120,
  userIds?: readonly string[],
): Promise<void> {
  const now = Date.now();
  const lines = [...transitionsNdjson(simulator.vendor.centre, now - hours * HOUR_MS, now - 1_000, userIds)];
  const ran = await adherence(['import', '-'], env, lines.join(''));
  if (ran.status !== EXIT.done) throw new Error(`import: ${ran.stderr}`);
}

/** User ids of all agents of a simulator, in order. */
export function agentIds(simulator: Simulator): string[] {
  const { centre } = simulator.vendor;
  return centre.users(0, centre.agents).map(({ userId }) => userId);
}

export async function writeText(path: string, text: string | Buffer): Promise<string> {
  await writeFile(path, text);
  return path;
}
