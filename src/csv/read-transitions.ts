import type { Readable } from 'node:stream';
import { checkTransition, isFault, type TransitionFields } from '../domain/check-transition.ts';
import type { Instant } from '../domain/instant.ts';
import type { Transition } from '../domain/transition.ts';
import type { RejectedLine, TransitionBatch } from '../usecases/ports.ts';
import { headerOf } from './csv-header.ts';
import { RecordReader } from './read-records.ts';
import { LineSplitter } from './split-lines.ts';

export type TransitionFormat = 'ndjson' | 'csv';

export interface ReadOptions {
  readonly format: TransitionFormat;
  /** Stands for a missing `receivedAt`; nothing may lie more than 5 minutes after it. */
  readonly now: Instant;
  /** Longest line, in bytes; 64 KiB when left out. */
  readonly maxLineBytes?: number;
  /** A batch is handed on when it has this many lines or more, rejected ones included; 100,000 when left out. */
  readonly batchLines?: number;
}

/**
 * In the order of arrival each batch touches nearly all agents' pages of the log, so ten times the batch writes
 * a tenth of the pages.
 */
const BATCH_LINES = 100_000;

/**
 * Reads the transitions of a file (surface.md, Files) in batches; memory does not grow with the file. Bad
 * lines are in the batches beside the good ones, each with its number and field.
 * @throws ProgramError `invalid_argument` when a CSV has no usable header; what the input itself throws.
 */
export async function* readTransitions(
  input: Readable | AsyncIterable<Uint8Array>,
  options: ReadOptions,
): AsyncGenerator<TransitionBatch> {
  const batchLines = options.batchLines ?? BATCH_LINES;
  const collector = new Collector(options.now);
  const reader = openReader(options, collector);
  let bytesRead = 0;
  for await (const chunk of input as AsyncIterable<Uint8Array>) {
    reader.lines.push(chunk);
    bytesRead += chunk.byteLength;
    if (collector.size >= batchLines) yield collector.take(bytesRead, reader.lines.linesRead);
  }
  reader.end();
  if (collector.size > 0) yield collector.take(bytesRead, reader.lines.linesRead);
}

/** The format that is meant: the one asked for, or `csv` for a name that ends so, or `ndjson`. */
export function formatOf(path: string, explicit?: TransitionFormat): TransitionFormat {
  return explicit ?? (path.toLowerCase().endsWith('.csv') ? 'csv' : 'ndjson');
}

interface Reader {
  readonly lines: LineSplitter;
  end(): void;
}

function openReader(options: ReadOptions, collector: Collector): Reader {
  const maxLineBytes = options.maxLineBytes ?? 65_536;
  const reject = (message: string, line: number): void => collector.reject(line, 'line', message);
  if (options.format === 'ndjson') {
    const line = (text: string, number: number): void => readJsonLine(text, number, collector);
    const lines = new LineSplitter({ line, unreadable: reject }, maxLineBytes);
    return { lines, end: () => lines.end() };
  }
  const header = headerOf();
  const record = (cells: readonly string[], number: number): void => {
    const row = header.row(cells, number);
    if (typeof row === 'string') reject(row, number);
    else if (row !== undefined) collector.add(row, number);
  };
  const unreadable = (message: string, number: number): void => {
    header.requireKnown(message, number);
    reject(message, number);
  };
  const records = new RecordReader({ record, unreadable }, maxLineBytes);
  const lines = new LineSplitter(records, maxLineBytes);
  const end = (): void => {
    lines.end();
    records.end();
    header.requireKnown('is missing: the file is empty', 1);
  };
  return { lines, end };
}

function readJsonLine(text: string, number: number, collector: Collector): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (text.trim() !== '') collector.reject(number, 'line', 'is not valid JSON');
    return;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) collector.add(value, number);
  else collector.reject(number, 'line', 'is JSON, but not an object');
}

/** Gathers checked lines until they are taken as a batch. */
class Collector {
  readonly #now: Instant;
  #transitions: Transition[] = [];
  #rejected: RejectedLine[] = [];

  constructor(now: Instant) {
    this.#now = now;
  }

  get size(): number {
    return this.#transitions.length + this.#rejected.length;
  }

  add(fields: TransitionFields, line: number): void {
    const checked = checkTransition(fields, 'import', this.#now);
    if (isFault(checked)) this.reject(line, checked.field, checked.message);
    else this.#transitions.push(checked);
  }

  reject(line: number, field: string, message: string): void {
    this.#rejected.push({ line, field, message });
  }

  take(bytesRead: number, linesRead: number): TransitionBatch {
    const batch = { transitions: this.#transitions, rejected: this.#rejected, bytesRead, linesRead };
    this.#transitions = [];
    this.#rejected = [];
    return batch;
  }
}
