// The prefilter never loses a match: held against every expression on every line, over generated expressions and
// lines, and over the built-in patterns with their samples.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Automaton } from '../../../src/stream/byte-automaton.ts';
import { ACCEPTING, UNKNOWN } from '../../../src/stream/byte-classes.ts';
import { compileLinear } from '../../../src/stream/linear-engine.ts';
import { BUILTIN_PATTERNS } from '../../../src/stream/patterns/index.ts';
import { type Prefilter, type PrefilterSource, prefilterSteps } from '../../../src/stream/prefilter.ts';
import { createPrefilter } from '../../support/prefilter.ts';

/** The positions of the sources that may match a line without control characters. */
function candidates({ automaton, idOf, always }: Prefilter, line: string): Set<number> {
  const found = new Set(always);
  const note = (ids: Int32Array): void => ids.forEach((id) => void found.add(idOf[id]!));
  let row: number = automaton.start;
  for (const byte of Buffer.from(line)) {
    let entry = lookUp(automaton, row, byte);
    if (entry <= ACCEPTING) {
      entry = ACCEPTING - entry;
      note(automaton.accepted(entry));
    }
    row = entry;
  }
  note(automaton.acceptedAtEnd(row));
  return found;
}

function lookUp(automaton: Automaton, row: number, byte: number): number {
  const byteClass = byte === 0xc2 ? automaton.latinClass : automaton.classes[byte]!;
  const entry = automaton.table[row + byteClass]!;
  return entry === UNKNOWN ? automaton.step(row, byteClass) : entry;
}

const source = (regex: string, ignoreCase = false): PrefilterSource => ({ regex, ignoreCase });

const character = fc.constantFrom(
  'a',
  'b',
  'k',
  's',
  'S',
  'K',
  '-',
  ' ',
  '.',
  '0',
  '9',
  'é',
  'É',
  '\u00a0',
  '日',
  '🚀',
  'ſ',
  'K',
);
const quote = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
const line = fc.array(character, { maxLength: 9 }).map((parts) => parts.join(''));

const classMember = fc.oneof(
  character.map(quote),
  fc.constantFrom('a-c', '0-9', '\\d', '\\w', '\\s', '\\S', '\\W', 'à-ÿ'),
);
const atom = fc.oneof(
  { weight: 6, arbitrary: character.map(quote) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '.',
      '\\d',
      '\\w',
      '\\s',
      '\\S',
      '\\D',
      '\\W',
      '\\b',
      '\\u00e9',
      '\\x61',
      '^',
      '$',
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.boolean(), fc.array(classMember, { minLength: 1, maxLength: 3 }))
      .map(([negated, members]) => `[${negated ? '^' : ''}${members.join('')}]`),
  },
);
// Repeats of groups that hold repeats would make V8's engine run away, so groups are repeated a little only.
const REPEATS = ['', '', '', '*', '+', '?', '{2}', '{1,2}', '{0,5}', '{3,}', '*?'];
const { regex } = fc.letrec<{ regex: string; branch: string; piece: string }>((tie) => ({
  regex: fc.array(tie('branch'), { minLength: 1, maxLength: 3 }).map((branches) => branches.join('|')),
  branch: fc.array(tie('piece'), { maxLength: 4 }).map((pieces) => pieces.join('')),
  piece: fc.oneof(
    { maxDepth: 2, depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(atom, fc.constantFrom(...REPEATS))
      .map(([inner, repeat]) => (/^[\^$]$|^\\b$/.test(inner) ? inner : inner + repeat)),
    fc
      .tuple(tie('regex'), fc.constantFrom('', '?', '{2}', '{1,2}'))
      .map(([inner, repeat]) => `(?:${inner})${repeat}`),
  ),
}));

describe('a prefilter', () => {
  it('keeps every match of any expressions', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(regex, fc.boolean()), { minLength: 1, maxLength: 5 }),
        fc.array(line),
        (all, lines) => {
          const prefilter = createPrefilter(all.map(([text, ignoreCase]) => source(text, ignoreCase)));
          for (const text of lines) {
            const found = candidates(prefilter, text);
            all.forEach(([expression, ignoreCase], position) => {
              if (new RegExp(expression, ignoreCase ? 'i' : '').test(text)) expect(found).toContain(position);
            });
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps every match of the linear engine', () => {
    fc.assert(
      fc.property(regex, fc.boolean(), fc.array(line), (expression, ignoreCase, lines) => {
        const prefilter = createPrefilter([source(expression, ignoreCase)]);
        let compiled: ReturnType<typeof compileLinear>;
        try {
          compiled = compileLinear(expression, ignoreCase);
        } catch {
          // Repeats of repeats are too much for that engine.
          fc.pre(false);
          return;
        }
        for (const text of lines) if (compiled.test(text)) expect(candidates(prefilter, text)).toContain(0);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['(?i)error', 'ERROR'],
    ['(?i:warn)ing', 'WARNing'],
    ['a(?i)b|c', 'C'],
    ['(?P<x>foo)', 'foo'],
    ['[[:alpha:]]+!', 'abc!'],
    ['\\p{Greek}+', 'αβγ'],
    ['\\Qa.b\\E', 'a.b'],
    ['\\Afoo\\z', 'foo'],
    ['x{2,}', 'xxx'],
  ])('knows the syntax of the linear engine: %s', (expression, text) => {
    expect(compileLinear(expression, false).test(text)).toBe(true);
    expect(candidates(createPrefilter([source(expression)]), text)).toContain(0);
  });

  it.each([
    ['(?<=a)b', 'ab'],
    ['(?<!a)b', 'xb'],
    ['a(?=b)', 'ab'],
    ['(?!a)b', 'b'],
    ['(a|b)\\1', 'bb'],
    ['(?<q>["\'])x\\k<q>', '"x"'],
    ['[^]x', 'ax'],
    ['\\cA|b', 'b'],
    ['a{,2}', 'a{,2}'],
    ['\\u{2}', 'uu'],
    ['[\\b]|c', 'c'],
  ])('knows the syntax of JavaScript: %s', (expression, text) => {
    expect(new RegExp(expression).test(text)).toBe(true);
    expect(candidates(createPrefilter([source(expression)]), text)).toContain(0);
  });

  it('is selective', () => {
    const prefilter = createPrefilter([
      source('\\berror TS[0-9]{4,5}:'),
      source('^ +at [^ ].*:[0-9]+:[0-9]+\\)?$'),
      source('^(?:.*[/ ])?rm +-[a-z]*f'),
      source('".+", line [0-9]+'),
    ]);
    expect(prefilter.always).toEqual([]);
    const of = (text: string): number[] => [...candidates(prefilter, text)];
    expect(of('const error = 1; // TS2345: no')).toEqual([]);
    expect(of('look at the code:1:2 and')).toEqual([]);
    expect(of('the arm is long')).toEqual([]);
    expect(of('  File "a.py", line 3')).toEqual([3]);
  });

  it('says which expressions any line may match', () => {
    expect(createPrefilter([source('a*'), source('b'), source('(?:x|)')]).always).toEqual([0, 2]);
  });

  it('takes a step for each source, so that nothing waits for all of them', () => {
    const steps = prefilterSteps([source('a*'), source('b'), source('c')]);
    expect([steps.next(), steps.next(), steps.next()].map(({ done }) => done)).toEqual([false, false, false]);
    expect(steps.next().done).toBe(true);
  });

  it('survives more states than the table holds', () => {
    // Each pair of letters with a gap needs a state of its own: 2^16 and more in all.
    const gaps = Array.from({ length: 16 }, (_, i) => `${String.fromCharCode(97 + i)}[^\\n]{3}Z`);
    const prefilter = createPrefilter(gaps.map((expression) => source(expression)));
    let seed = 1;
    for (let n = 0; n < 400; n++) {
      let text = '';
      for (let i = 0; i < 40; i++) {
        seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
        text += String.fromCharCode(seed % 7 === 0 ? 90 : 97 + ((seed >> 8) % 16));
      }
      const found = candidates(prefilter, text);
      gaps.forEach((expression, position) => {
        if (new RegExp(expression).test(text)) expect(found).toContain(position);
      });
    }
  });
});

describe('the built-in patterns', () => {
  const prefilter = createPrefilter(BUILTIN_PATTERNS.map(({ regex, flags }) => source(regex, flags === 'i')));

  it('all have something that a line must contain', () => {
    expect(prefilter.always.map((position) => BUILTIN_PATTERNS[position]!.name)).toEqual([]);
  });

  it('lose no match on any of their samples', () => {
    const lines = BUILTIN_PATTERNS.flatMap(({ samples }) => [...samples.match, ...samples.noMatch]);
    for (const text of lines) {
      const found = candidates(prefilter, text);
      BUILTIN_PATTERNS.forEach(({ name, regex, flags }, position) => {
        if (new RegExp(regex, flags).test(text)) expect(found.has(position), `${name} on ${text}`).toBe(true);
      });
    }
  });
});
