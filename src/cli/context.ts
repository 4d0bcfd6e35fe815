import { readConfig, readVendorConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { Program, ProgramError } from '../program.ts';
import { say } from './output.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, partial: 3, locked: 4 } as const;

export interface Needs {
  /** Says what is missing to call the vendor before anything is opened or made. */
  readonly vendor?: boolean;
  readonly readonly?: boolean;
  /** A great deal is about to be written. */
  readonly bulk?: boolean;
}

/** Opens the program from the environment, does something with it, and closes it whatever happens. */
export async function withProgram(
  work: (program: Program, signal: AbortSignal) => Promise<number>,
  { vendor = false, ...options }: Needs = {},
): Promise<number> {
  const config = vendor ? readVendorConfig() : readConfig();
  const log = createLog({ level: config.logLevel, secrets: config.secrets });
  const program = new Program(config, log, options);
  try {
    if (vendor) program.requireVendor();
    return await work(program, interruption());
  } finally {
    await program.close();
  }
}

/** Aborts on the first SIGINT or SIGTERM; the second ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    controller.abort(new ProgramError('interrupted', `stopped by ${signal}; what was committed stays`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}

/**
 * Says an error in words and answers with its exit status. A programmer's error shows its stack; what the
 * system refuses, such as a port that is taken or a disk that is full, is none.
 */
export function fail(error: unknown): number {
  if (isSystemError(error)) {
    say(`adherence: ${error.message}`);
    return EXIT.failed;
  }
  if (!(error instanceof ProgramError)) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return EXIT.failed;
  }
  for (const line of error.message.split('\n')) say(`adherence: ${line}`);
  if (error.hint !== undefined) say(error.hint);
  if (error.code === 'lock_held') return EXIT.locked;
  return error.code === 'invalid_argument' || error.code === 'invalid_configuration'
    ? EXIT.usage
    : EXIT.failed;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'errno' in error;
}
