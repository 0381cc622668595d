// Reading JSON that somebody else made, value by value.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonInput } from '../../../src/data/json-input.ts';
import { temporaryFolder } from './temporary-folder.ts';

function read<Result>(
  text: string | Uint8Array,
  use: (input: JsonInput) => Result,
  pieceBytes?: number,
): Result {
  const path = join(temporaryFolder(), 'input.json');
  writeFileSync(path, text);
  const input = new JsonInput(path, pieceBytes);
  try {
    return use(input);
  } finally {
    input.close();
  }
}

function valuesOf(input: JsonInput): unknown[] {
  const values: unknown[] = [];
  while (input.peek() !== undefined) values.push(input.value().value);
  return values;
}

describe('JsonInput', () => {
  it('gives every value of a file, however it is written and read', () => {
    const values = fc.array(fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }), { maxLength: 6 });
    fc.assert(
      fc.property(
        values,
        fc.constantFrom(0, 2),
        fc.integer({ min: 1, max: 40 }),
        (list, indent, pieceBytes) => {
          const wellFormed = list.map(
            (value) => JSON.parse(Buffer.from(JSON.stringify(value)).toString()) as unknown,
          );
          const text = wellFormed.map((value) => JSON.stringify(value, null, indent)).join('\n');
          expect(read(text, valuesOf, pieceBytes)).toEqual(wellFormed);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('passes over what it skips as if it had read it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 20 }), (value, pieceBytes) => {
        const text = `[${JSON.stringify(value)},\n"after"]`;
        const after = read(
          text,
          (input) => {
            input.expect('[');
            input.skipValue();
            input.expect(',');
            return input.value();
          },
          pieceBytes,
        );
        expect(after).toMatchObject({ value: 'after', line: 2 });
      }),
      { numRuns: 300 },
    );
  });

  it('tells the line of a mistake', () => {
    expect(() => read('{"a":1}\n{"b":\n\n}', valuesOf)).toThrow(/input\.json, line 2: is no JSON/);
    expect(() => read('1\n2\n"\\ud83d\\', valuesOf)).toThrow(/line 3: the file ends in the middle/);
    expect(() => read('[1,2]\n]', valuesOf)).toThrow(/line 2: a value is missing/);
    expect(() => read(Buffer.from([0x22, 0xff, 0x22]), valuesOf)).toThrow(/line 1: is no UTF-8/);
  });

  it('refuses what is nested too deep or too long, also where it only looks for the end', () => {
    expect(() => read('['.repeat(33) + ']'.repeat(33), valuesOf)).toThrow(/nested more than 32 deep/);
    expect(read('['.repeat(32) + ']'.repeat(32), valuesOf)).toHaveLength(1);
    expect(() => read(`"${'x'.repeat(17 * 1024 * 1024)}"`, valuesOf)).toThrow(/longer than/);
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)} 1`;
    const after = read(deep, (input) => {
      input.skipValue();
      return input.value().value;
    });
    expect(after).toBe(1);
  });

  it('passes over a byte order mark', () => {
    expect(read('\ufeff{"a":1}', valuesOf)).toEqual([{ a: 1 }]);
  });

  it('says which file it cannot open', () => {
    expect(() => new JsonInput('/nowhere/at/all.json')).toThrow(/\/nowhere\/at\/all\.json cannot be read/);
  });
});
