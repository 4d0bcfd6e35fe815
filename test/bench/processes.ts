/** Child processes: what is measured runs in one of its own, with a memory and a warmth of its own. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { timed } from './measure.ts';

/** How the image starts the program. */
export const PROGRAM_OPTIONS = ['--max-semi-space-size=8'] as const;

/** A process that answers one message to each message it is sent. */
export class Worker<Order extends object | string, Answer> {
  readonly #child: ChildProcess;
  /** The message it sent first. */
  readonly hello: string;

  private constructor(child: ChildProcess, hello: string) {
    this.#child = child;
    this.hello = hello;
  }

  /** Starts a file of this folder and waits for its first message. */
  static async start<Order extends object | string, Answer>(
    file: string,
    args: readonly (string | number)[],
    nodeOptions: readonly string[] = [],
  ): Promise<Worker<Order, Answer>> {
    const child = fork(join(import.meta.dirname, file), args.map(String), { execArgv: [...nodeOptions] });
    return new Worker(child, (await message(child, file)) as string);
  }

  async ask(order: Order): Promise<Answer> {
    const answer = message(this.#child, this.#child.spawnfile);
    this.#child.send(order);
    return (await answer) as Answer;
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }
}

async function message(child: ChildProcess, what: string): Promise<unknown> {
  const ended = new AbortController();
  const died = once(child, 'exit', { signal: ended.signal }).then(([status]) => {
    throw new Error(`${what} ended with status ${status}`);
  });
  const said = once(child, 'message', { signal: ended.signal }).then(([answer]) => answer);
  try {
    return await Promise.race([said, died]);
  } finally {
    ended.abort();
    await Promise.allSettled([said, died]);
  }
}

/** Answers each order of the parent with what `work` makes of it; ends with the parent. */
export function serveOrders<Order, Answer>(
  hello: string,
  work: (order: Order) => Promise<Answer> | Answer,
): void {
  process.on('message', (order: Order) => {
    Promise.resolve(work(order)).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit());
  process.send?.(hello);
}

/**
 * The largest resident set that this process has had, in MB. `resourceUsage().maxRSS` would not do: on Linux it
 * begins with the resident set of the parent.
 */
export function peakMb(): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  if (kilobytes === undefined) throw new Error('The peak of the memory can be read on Linux only.');
  return Number(kilobytes) / 1024;
}

/** Runs a program to its end. @returns its wall time in milliseconds. */
export async function run(
  command: string,
  args: readonly string[],
  io: { readonly input?: string; readonly output?: string } = {},
): Promise<number> {
  return timed(async () => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const out: WriteStream | undefined = io.output === undefined ? undefined : createWriteStream(io.output);
    const read = out === undefined ? child.stdout.resume() : pipeline(child.stdout, out);
    child.stdin.end(io.input ?? '');
    const [status] = await once(child, 'exit');
    await read;
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${status}`);
  });
}
