import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { formatOf, type ImportReport, ProgramError } from '../program.ts';
import { EXIT, withProgram } from './context.ts';
import { print, printJson, say } from './output.ts';
import { progressOf } from './progress.ts';

interface ImportOptions {
  readonly format?: 'ndjson' | 'csv';
  readonly json?: boolean;
}

const SHOWN_ERRORS = 20;

export function importCommand(onStatus: (status: number) => void): Command {
  return new Command('import')
    .description('Take transitions from a file into the event log; importing it again stores nothing twice.')
    .argument('<file>', 'NDJSON, or CSV with a header; - is standard input')
    .addOption(new Option('--format <format>', 'instead of by the name').choices(['ndjson', 'csv']))
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Each line or row: userId, state, updatedTimestamp; optionally eventId, receivedAt, source, sessionId, mediaType.
A bad line is named with its number and field, the rest is taken, and the exit status is 3.

Examples:
  adherence import transitions.ndjson
  zcat transitions.csv.gz | adherence import - --format csv --json`,
    )
    .action(async (file: string, options: ImportOptions) => onStatus(await importFile(file, options)));
}

async function importFile(file: string, { format, json }: ImportOptions): Promise<number> {
  const bytes = file === '-' ? undefined : await sizeOf(file);
  return withProgram(
    async (program, signal) => {
      const input = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 20 });
      const bar = progressOf('importing bytes');
      const report = await program
        .import(input, formatOf(file, format), signal, (batch) => bar.update(batch.bytesRead, bytes))
        .finally(bar.stop);
      await (json ? printJson(report) : print(inWords(report)));
      if (!json) sayRejected(report);
      return report.rejected > 0 ? EXIT.partial : EXIT.done;
    },
    { bulk: true },
  );
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (!found.isDirectory()) return found.size;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ProgramError('invalid_argument', `${file} cannot be read (${code})`, { cause: error });
  }
  throw new ProgramError('invalid_argument', `${file} is a folder, not a file`);
}

function inWords({ read, stored, duplicates, rejected }: ImportReport): string {
  return `${read} lines read: ${stored} stored, ${duplicates} known already, ${rejected} rejected`;
}

function sayRejected({ errors, rejected }: ImportReport): void {
  for (const { line, field, message } of errors.slice(0, SHOWN_ERRORS))
    say(`line ${line}: ${field}: ${message}`);
  const more = rejected - Math.min(SHOWN_ERRORS, errors.length);
  if (more > 0) say(`… and ${more} more rejected lines; --json lists the first 1000`);
}
