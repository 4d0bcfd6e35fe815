import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitCells } from '../../src/csv/split-cells.ts';

describe('splitCells', () => {
  it.each([
    ['', ['']],
    ['a,,c,', ['a', '', 'c', '']],
    ['"a,b","c ""d""",""', ['a,b', 'c "d"', '']],
    ['"line\nbreak",x', ['line\nbreak', 'x']],
    ['""""', ['"']],
  ])('cuts %j', (record, cells) => {
    expect(splitCells(record)).toEqual(cells);
  });

  it.each(['a"b', '"a"b', '"a', 'x,"', '"a" ,b', ' "a"'])(
    'says that the quotes of %j are broken',
    (record) => {
      expect(splitCells(record)).toBeUndefined();
    },
  );

  it('agrees with csv-parse on any record', () => {
    const record = fc.string({
      unit: fc.constantFrom('"', ',', 'a', ' ', '\n'),
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(record, (text) => {
        let expected: string[] | undefined;
        try {
          const records: string[][] = parse(text, { record_delimiter: '\r\n', relax_column_count: true });
          expected = records[0];
        } catch {
          expected = undefined;
        }
        expect(splitCells(text)).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
  });
});
