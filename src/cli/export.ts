import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { writeWhole } from '../program.ts';
import { type FilterOptions, filterOf, instant, kinds, requireRange, statuses, texts } from './arguments.ts';
import { EXIT, withProgram } from './context.ts';
import { isReaderGone, say } from './output.ts';

type ExportOptions = FilterOptions & { readonly output?: string };

export function exportCommand(onStatus: (status: number) => void): Command {
  return new Command('export')
    .description('Write the drift CSV, to standard output unless told otherwise.')
    .option('--from <instant>', 'only findings that overlap the time from here on', instant)
    .option('--to <instant>', '… up to here', instant)
    .option('--kind <kind>', 'only this kind; may be given several times', kinds)
    .option('--agent <id>', 'only this agent (user id); may be given several times', texts)
    .option(
      '--status <status>',
      'only this status, without it all but resolved; may be given several times',
      statuses,
    )
    .option('--output <file>', 'write it whole, then rename it into place')
    .addHelpText(
      'after',
      `
Examples:
  adherence export --from 2026-03-02T00:00:00Z --to 2026-03-03T00:00:00Z --output drift.csv
  adherence export --kind boundary_drift --status corrected | head`,
    )
    .action(async (options: ExportOptions) => onStatus(await exportCsv(options)));
}

async function exportCsv({ output, ...options }: ExportOptions): Promise<number> {
  requireRange(options);
  return withProgram(
    async (program, signal) => {
      const chunks = program.exportCsv(filterOf(options));
      return writeChunks(chunks, output, signal);
    },
    { readonly: true },
  );
}

/** Into a file, whole or not at all, or else to standard output. @returns the exit status. */
export async function writeChunks(
  chunks: AsyncIterable<string>,
  output: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  if (output === undefined) {
    await toStandardOutput(chunks, signal);
  } else if (await namesFile(output)) {
    await writeWhole(output, until(signal, chunks));
  } else {
    say(`adherence: --output must name a file, not ${output === '' ? 'nothing' : `the folder ${output}`}`);
    return EXIT.failed;
  }
  return EXIT.done;
}

/** Whether it is the name of a file, be it there or not. */
async function namesFile(path: string): Promise<boolean> {
  if (path === '' || path.endsWith('/')) return false;
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() !== true;
}

/** A reader who has seen enough (`| head`) is no failure; one who reads no more is left when we are told to stop. */
async function toStandardOutput(chunks: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(Readable.from(chunks), process.stdout, { end: false, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!isReaderGone(error)) throw error;
  }
}

async function* until(signal: AbortSignal, chunks: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    yield chunk;
  }
}
