/** What commands print: results to standard output, words for a person to standard error. */

/**
 * Waits for the pipe, so that a reader who is slower than we are gets all of it. One who has seen enough and
 * went away (`| head`) misses nothing.
 */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`, (error) =>
      error && !isReaderGone(error) ? reject(error) : resolve(),
    );
  });
}

/** Whether a pipe could not be written because nobody reads it any more. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/** Without a listener a reader who is gone would end the process, whoever deals with the failed write. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.off('error', onOutputError).on('error', onOutputError);
}

/** What cannot be written, as to a full disk, is said here: not everything written has a caller who waits for it. */
function onOutputError(error: Error): void {
  if (isReaderGone(error)) return;
  say(`adherence: the output cannot be written: ${error.message}`);
  process.exit(1);
}

export function printJson(document: unknown): Promise<void> {
  return print(JSON.stringify(document, undefined, 2));
}

/** A line for whoever watches, on standard error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Columns that align; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = header.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => String(row[i] ?? '').length)),
  );
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, i) => {
        const width = widths[i] as number;
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(header), ...rows.map(line)].join('\n');
}

/** `3.2 s`, `4 min 10 s`. */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}

/** What went wrong, with single agents or with all of them: the first few on standard error. */
export function sayErrors(errors: readonly { agent: string; code: string; message: string }[]): void {
  const shown = 20;
  for (const { agent, code, message } of errors.slice(0, shown))
    say(agent === '' ? `${code}: ${message}` : `${agent}: ${code}: ${message}`);
  if (errors.length > shown) say(`… and ${errors.length - shown} more; --json lists them all`);
}
