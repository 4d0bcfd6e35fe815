import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOf, type ReadOptions, readTransitions } from '../../src/csv/read-transitions.ts';
import type { Transition } from '../../src/domain/transition.ts';
import type { RejectedLine } from '../../src/usecases/ports.ts';

const NOW = Date.parse('2026-03-02T12:00:00.000Z');
const HEADER = 'userId,state,updatedTimestamp';

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface Everything {
  readonly transitions: readonly Transition[];
  readonly rejected: readonly RejectedLine[];
  readonly lines: number;
  readonly bytes: number;
}

async function readAll(
  file: string | Uint8Array,
  options: Partial<ReadOptions> = {},
  chunkSize = 65_536,
): Promise<Everything> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  const all = { transitions: [] as Transition[], rejected: [] as RejectedLine[], lines: 0, bytes: 0 };
  for await (const batch of readTransitions(chunks(bytes, chunkSize), {
    format: 'ndjson',
    now: NOW,
    ...options,
  })) {
    all.transitions.push(...batch.transitions);
    all.rejected.push(...batch.rejected);
    all.lines = batch.linesRead;
    all.bytes = batch.bytesRead;
  }
  return all;
}

function json(fields: object = {}): string {
  return JSON.stringify({ userId: 'u1', state: 'busy', updatedTimestamp: '2026-03-02T09:00:00Z', ...fields });
}

const PLAIN: Transition = {
  userId: 'u1',
  state: 'busy',
  at: Date.parse('2026-03-02T09:00:00Z'),
  receivedAt: NOW,
  source: 'import',
};

describe('readTransitions of NDJSON', () => {
  it('reads all the fields and leaves the source the import', async () => {
    const file = json({
      eventId: 'e1',
      receivedAt: '2026-03-02T09:00:02.500Z',
      source: 'webhook',
      sessionId: 's1',
      mediaType: 'voice',
      more: 1,
    });
    expect((await readAll(file)).transitions).toEqual([
      {
        ...PLAIN,
        receivedAt: Date.parse('2026-03-02T09:00:02.500Z'),
        eventId: 'e1',
        sessionId: 's1',
        mediaType: 'voice',
      },
    ]);
  });

  it('takes a byte order mark, CRLF, empty lines and a missing last newline', async () => {
    const read = await readAll(`\uFEFF${json()}\r\n\r\n   \n${json({ userId: 'u2' })}`);
    expect(read.transitions.map((transition) => transition.userId)).toEqual(['u1', 'u2']);
    expect(read.rejected).toEqual([]);
    expect(read.lines).toBe(4);
  });

  it('takes an empty file, and one of a byte order mark only', async () => {
    expect(await readAll('')).toMatchObject({ transitions: [], rejected: [] });
    expect(await readAll('\uFEFF')).toMatchObject({ transitions: [], rejected: [] });
  });

  it('names the number of a line that is not a JSON object', async () => {
    const read = await readAll(`${json()}\n{"userId":\n[]\nnull\n7\n${json()}\n`);
    expect(read.transitions).toHaveLength(2);
    expect(read.rejected).toEqual([
      { line: 2, field: 'line', message: 'is not valid JSON' },
      { line: 3, field: 'line', message: 'is JSON, but not an object' },
      { line: 4, field: 'line', message: 'is JSON, but not an object' },
      { line: 5, field: 'line', message: 'is JSON, but not an object' },
    ]);
  });

  it('rejects only the line whose UTF-8 is broken', async () => {
    const broken = Buffer.from(json({ userId: 'Ä' }));
    broken[broken.indexOf(0xc3)] = 0xff;
    const good = Buffer.from(`\n${json({ userId: 'Ö' })}\n`);
    for (const size of [1, 7, 65_536]) {
      const read = await readAll(Buffer.concat([good, broken, good]), {}, size);
      expect(read.transitions.map((transition) => transition.userId)).toEqual(['Ö', 'Ö']);
      expect(read.rejected).toEqual([{ line: 3, field: 'line', message: 'is not valid UTF-8' }]);
    }
  });

  it('takes a line of 64 KiB and rejects a longer one, wherever it stands', async () => {
    const fits = json({ more: '' });
    const longest = json({ more: 'x'.repeat(65_536 - fits.length) });
    const tooLong = json({ more: 'é'.repeat(33_000) });
    const file = `${tooLong}\n${longest}\n${tooLong}\n${json()}\n${'x'.repeat(1_000_000)}`;
    for (const size of [1000, 65_536, 10_000_000]) {
      const read = await readAll(file, {}, size);
      expect(read.transitions).toHaveLength(2);
      expect(read.rejected.map((rejected) => [rejected.line, rejected.message])).toEqual([
        [1, 'is longer than 65536 bytes'],
        [3, 'is longer than 65536 bytes'],
        [5, 'is longer than 65536 bytes'],
      ]);
    }
  });

  it('does not gather a line of 300 MB', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      const chunk = new Uint8Array(65_536).fill(0x78);
      for (let count = 0; count < 4_800; count++) yield chunk;
      yield Buffer.from(`\n${json()}`);
    }
    const before = process.memoryUsage();
    const batches = [];
    for await (const batch of readTransitions(endless(), { format: 'ndjson', now: NOW })) batches.push(batch);
    const after = process.memoryUsage();
    expect(batches[0]).toMatchObject({ rejected: [{ line: 1, field: 'line' }], transitions: [PLAIN] });
    expect(after.rss - before.rss).toBeLessThan(100_000_000);
  });

  it('hands on batches as they fill, with the way come so far', async () => {
    const file = `${json()}\n`.repeat(25);
    const batches = [];
    const options = { format: 'ndjson', now: NOW, batchLines: 10 } as const;
    for await (const batch of readTransitions(chunks(Buffer.from(file), 50), options)) batches.push(batch);
    expect(batches.map((batch) => batch.transitions.length)).toEqual([10, 10, 5]);
    expect(batches.map((batch) => batch.linesRead)).toEqual([10, 20, 25]);
    expect(batches.at(-1)?.bytesRead).toBe(file.length);
  });

  it('closes its input when the reader stops early', async () => {
    let closed = false;
    async function* input(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from(`${json()}\n`);
      } finally {
        closed = true;
      }
    }
    for await (const _ of readTransitions(input(), { format: 'ndjson', now: NOW, batchLines: 3 })) break;
    expect(closed).toBe(true);
  });
});

describe('readTransitions of CSV', () => {
  it('finds the columns by the header, in any order, and lets others be', async () => {
    const file =
      'team,updatedTimestamp,state,userId,eventId\r\nA,2026-03-02T09:00:00Z,busy,u1,e1\r\nA,2026-03-02T09:00:00Z,busy,u1,';
    const read = await readAll(file, { format: 'csv' });
    expect(read.transitions).toEqual([{ ...PLAIN, eventId: 'e1' }, PLAIN]);
    expect(read.rejected).toEqual([]);
  });

  it('reads a quoted header after a byte order mark', async () => {
    const file = '\uFEFF"userId","state","updatedTimestamp"\n"u1","busy","2026-03-02T09:00:00Z"\n';
    expect((await readAll(file, { format: 'csv' })).transitions).toEqual([PLAIN]);
  });

  it('numbers lines rightly after a quoted cell with line breaks', async () => {
    const file = `${HEADER},note\nu1,busy,2026-03-02T09:00:00Z,"a ""b""\r\n\n,c"\nu2,,2026-03-02T09:00:00Z,x\n`;
    for (const size of [1, 5, 65_536]) {
      const read = await readAll(file, { format: 'csv' }, size);
      expect(read.transitions).toEqual([PLAIN]);
      expect(read.rejected).toEqual([{ line: 5, field: 'state', message: 'is missing' }]);
    }
  });

  it('loses one line to a stray quote, not the lines up to the next one', async () => {
    const good = 'u1,busy,2026-03-02T09:00:00Z\n';
    const file = `${HEADER}\nu"1,busy,2026-03-02T09:00:00Z\n${good}${good}u1,b"usy,2026-03-02T09:00:00Z\n${good}"u1,busy`;
    const read = await readAll(file, { format: 'csv' });
    expect(read.transitions).toHaveLength(3);
    expect(read.rejected).toEqual(
      [2, 5, 7].map((line) => ({ line, field: 'line', message: 'has broken quotes' })),
    );
  });

  it('gives up a quote that stays open for 64 KiB', async () => {
    const good = 'u1,busy,2026-03-02T09:00:00Z\n';
    const read = await readAll(`${HEADER}\n"u1,busy\n${good.repeat(5000)}`, { format: 'csv' });
    expect(read.transitions).toHaveLength(5000);
    expect(read.rejected).toEqual([{ line: 2, field: 'line', message: 'has broken quotes' }]);
  });

  it('rejects a row with more or fewer cells than the header', async () => {
    const read = await readAll(`${HEADER}\nu1,busy\nu1,busy,2026-03-02T09:00:00Z,\n`, { format: 'csv' });
    expect(read.rejected).toEqual([
      { line: 2, field: 'line', message: 'has 2 columns, the header has 3' },
      { line: 3, field: 'line', message: 'has 4 columns, the header has 3' },
    ]);
  });

  it.each([
    ['', 'line 1: the CSV header is missing: the file is empty'],
    ['\n\n', 'line 1: the CSV header is missing: the file is empty'],
    ['userId,status,when\n', 'line 1: the CSV header has no column state, updatedTimestamp'],
    [
      '\nuserId;state;updatedTimestamp\n',
      'line 2: the CSV header has no column userId, state, updatedTimestamp; cells must be separated by commas',
    ],
    ['userId,state,updatedTimestamp,state\n', 'line 1: the CSV header has the column state twice'],
    ['"userId,state\nu1', 'line 1: the CSV header has broken quotes'],
    ['x'.repeat(70_000), 'line 1: the CSV header is longer than 65536 bytes'],
  ])('refuses the whole file without a usable header: %j', async (file, message) => {
    const refusal = readAll(file, { format: 'csv' });
    await expect(refusal).rejects.toMatchObject({ code: 'invalid_argument', message });
  });
});

describe('however a file is cut into chunks', () => {
  it('reads the same', async () => {
    const line = fc.oneof(
      fc.constant(json()),
      fc.constant('u1,busy,2026-03-02T09:00:00Z'),
      fc.string({ unit: fc.constantFrom('"', ',', 'a', 'é', '\r', '€', '😀'), maxLength: 12 }),
    );
    const file = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));
    const format = fc.constantFrom('csv' as const, 'ndjson' as const);
    await fc.assert(
      fc.asyncProperty(file, format, fc.integer({ min: 1, max: 40 }), async (body, kind, size) => {
        const text = kind === 'csv' ? `${HEADER}\n${body}` : body;
        const options = { format: kind, maxLineBytes: 40 };
        expect(await readAll(text, options, size)).toEqual(await readAll(text, options, 1_000_000));
      }),
      { numRuns: 300 },
    );
  });
});

describe('formatOf', () => {
  it('goes by the extension unless told', () => {
    expect(formatOf('/data/Log.CSV')).toBe('csv');
    expect(formatOf('log.jsonl')).toBe('ndjson');
    expect(formatOf('-')).toBe('ndjson');
    expect(formatOf('log.csv', 'ndjson')).toBe('ndjson');
  });
});
