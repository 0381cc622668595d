import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from '../../../src/stream/redactor.ts';
import { SECRET_RULES } from '../../../src/stream/secret-rules.ts';

const SECRET = /«([^»]*)»/g;

function whole(text: string | Uint8Array): string {
  return inPieces(Buffer.from(text as string), []).toString('latin1');
}

/** Pushes the input cut at the given sizes (the last one repeats), then flushes. */
function inPieces(input: Buffer, sizes: readonly number[]): Buffer {
  const redactor = new Redactor();
  const out: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < input.length; i++) {
    const size = sizes[Math.min(i, sizes.length - 1)] ?? input.length;
    // A copy, because the caller may use its buffer again.
    const chunk = Buffer.from(input.subarray(at, at + size));
    out.push(Buffer.from(redactor.push('stdout', chunk)));
    chunk.fill(0x23);
    at += size;
  }
  out.push(redactor.flush('stdout'));
  return Buffer.concat(out);
}

describe('secret rules', () => {
  it('have unique names and between 30 and 50 of them', () => {
    const names = SECRET_RULES.map((rule) => rule.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(30);
    expect(names.length).toBeLessThanOrEqual(50);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  });

  for (const rule of SECRET_RULES) {
    for (const sample of rule.samples.match) {
      it(`${rule.name} is found in ${sample.slice(0, 60)}`, () => {
        const text = sample.replace(SECRET, '$1');
        expect(new Redactor().redactText(text)).toBe(sample.replace(SECRET, `[REDACTED:${rule.name}]`));
      });
    }
    for (const sample of rule.samples.noMatch) {
      it(`${rule.name} is not found in ${sample.slice(0, 60)}`, () => {
        expect(new Redactor().redactText(sample)).toBe(sample);
      });
    }
  }
});

describe('Redactor', () => {
  const samples = SECRET_RULES.flatMap((rule) => [...rule.samples.match, ...rule.samples.noMatch]).map(
    (sample) => sample.replace(SECRET, '$1'),
  );
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...samples) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '\n',
        ' ',
        '"',
        '\x1b[31m',
        '\x1b[m\x1b[K',
        '\\n',
        '=',
        ': ',
        '€',
        '://',
        '@',
        '-',
        '.',
      ),
    },
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom(...SECRET_RULES.flatMap((rule) => rule.anchors)) },
    { weight: 1, arbitrary: fc.integer({ min: 500, max: 700 }).map((n) => 'aB3'.repeat(n).slice(0, n)) },
    {
      weight: 1,
      arbitrary: fc.nat({ max: 80 }).chain((n) => fc.constantFrom(...samples).map((s) => s.slice(0, n))),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...samples)
        .chain((s) => fc.nat({ max: s.length }).map((n) => `${s.slice(0, n)}\x1b[1;31m\x1b[K${s.slice(n)}`)),
    },
  );
  const input = fc.array(piece, { maxLength: 6 }).map((pieces) => Buffer.from(pieces.join('')));

  it('gives the same output however the input is cut', () => {
    fc.assert(
      fc.property(
        input,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
        (bytes, sizes) => {
          expect(inPieces(bytes, sizes).toString('latin1')).toBe(inPieces(bytes, []).toString('latin1'));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('gives the same output byte by byte', () => {
    for (const sample of samples)
      expect(inPieces(Buffer.from(sample), [1]).toString()).toBe(
        inPieces(Buffer.from(sample), []).toString(),
      );
  });

  it('takes the end of a colour for no letter, wherever the pieces are cut', () => {
    const token = `ghp_${'a1B2'.repeat(9)}`;
    for (const colour of ['\x1b[1m', '\x1b[K', '\x1b[1;31m\x1b[K']) {
      const pieces = [colour, `${token}`, ` ${colour}`, 'ysql -pnosecret '];
      const redactor = new Redactor();
      const out = pieces.map((piece) => Buffer.from(redactor.push('stdout', Buffer.from(piece))).toString());
      out.push(Buffer.from(redactor.flush('stdout')).toString());
      expect(out.join('')).toBe(`${colour}[REDACTED:github_token] ${colour}ysql -pnosecret `);
    }
  });

  it('changes nothing more the second time', () => {
    fc.assert(
      fc.property(input, (bytes) => {
        const once = inPieces(bytes, []);
        expect(inPieces(once, []).toString('latin1')).toBe(once.toString('latin1'));
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves all bytes around a secret as they are', () => {
    const around = fc
      .uint8Array({ maxLength: 30 })
      .filter((bytes) => !/[\w:=@/.-]/.test(Buffer.from(bytes).toString('latin1')));
    fc.assert(
      fc.property(around, around, (before, after) => {
        const token = `ghp_${'a1B2'.repeat(9)}`;
        const out = inPieces(Buffer.concat([before, Buffer.from(` ${token} `), after]), []);
        expect(out).toEqual(Buffer.concat([before, Buffer.from(' [REDACTED:github_token] '), after]));
      }),
    );
  });

  it('gives back the same buffer when nothing is suspicious', () => {
    const chunk = Buffer.from('nothing here: \x1b[32mok\x1b[m ✓\n');
    expect(new Redactor().push('stdout', chunk)).toBe(chunk);
  });

  it('keeps streams apart', () => {
    const redactor = new Redactor();
    const token = `ghp_${'a1B2'.repeat(9)}`;
    expect(Buffer.from(redactor.push('stdout', Buffer.from(token.slice(0, 20)))).toString()).toBe('');
    expect(Buffer.from(redactor.push('stderr', Buffer.from(`${token.slice(20)}\n`))).toString()).toBe(
      `${token.slice(20)}\n`,
    );
    expect(Buffer.from(redactor.push('stdout', Buffer.from(`${token.slice(20)}\n`))).toString()).toBe(
      '[REDACTED:github_token]\n',
    );
    expect(redactor.redactions).toBe(1);
  });

  it('leaves out the whole of a secret that is longer than what it keeps back', () => {
    const jwt = `eyJ${'a1B2c3'.repeat(50)}.eyJ${'a1B2c3'.repeat(300)}.${'x9'.repeat(100)}`;
    expect(whole(`cookie=${jwt}; path=/`)).toBe('cookie=[REDACTED:jwt]; path=/');
    expect(inPieces(Buffer.from(`cookie=${jwt}; path=/`), [7]).toString()).toBe(
      'cookie=[REDACTED:jwt]; path=/',
    );
  });

  it('leaves out the rest of a secret that a flush has cut', () => {
    const redactor = new Redactor();
    const out = [
      redactor.push('pty', Buffer.from('TOKEN=a1b2c3d4e5f6')),
      redactor.flush('pty'),
      redactor.push('pty', Buffer.from('g7h8i9 next')),
      redactor.flush('pty'),
    ];
    expect(Buffer.concat(out).toString()).toBe('TOKEN=[REDACTED:token] next');
  });

  it('finds a secret that is coloured in the middle, and keeps the colours', () => {
    const token = 'a1B2'.repeat(9);
    expect(whole(`\x1b[32mgh\x1b[1mp_${token}\x1b[m`)).toBe('\x1b[32m[REDACTED:github_token]\x1b[1m\x1b[m');
    expect(whole('API_\x1b[01;31m\x1b[KKEY\x1b[m\x1b[K=a1b2c3d4e5f6a7b8')).toBe(
      'API_\x1b[01;31m\x1b[KKEY\x1b[m\x1b[K=[REDACTED:api_key]',
    );
  });

  it('takes a colour that is cut in two for no part of a word', () => {
    const text = Buffer.from(`plain \x1b[1;31mhf_${'a1B2'.repeat(9)}\x1b[m`);
    const expected = 'plain \x1b[1;31m[REDACTED:huggingface_token]\x1b[m';
    for (let at = 1; at < 16; at++) expect(inPieces(text, [at, 200]).toString()).toBe(expected);
  });

  it('finds a secret in a window title and after an escaped newline', () => {
    const token = `ghp_${'a1B2'.repeat(9)}`;
    expect(whole(`\x1b]0;deploy ${token}\x07`)).toBe('\x1b]0;deploy [REDACTED:github_token]\x07');
    expect(whole(`{"out":"x\\nnpm_${'a1B2'.repeat(9)}\\n"}`)).toBe('{"out":"x\\n[REDACTED:npm_token]\\n"}');
  });

  it('keeps JSON valid', () => {
    const value = {
      password: 'hunter"22\\x',
      nested: { api_key: 'a1b2c3d4e5f6a7b8', token: 12345678901234, secret: true },
      text: 'export GITHUB_TOKEN="a1b2c3d4e5f6a7b8c9" && curl -H "Authorization: Bearer abcdef123456" https://u:pw1@h/',
      twice: JSON.stringify({ password: 'hunter22', key: '-----BEGIN x' }),
    };
    const redacted = JSON.parse(new Redactor().redactText(JSON.stringify(value)));
    expect(redacted).toEqual({
      password: '[REDACTED:password]',
      nested: { api_key: '[REDACTED:api_key]', token: 12345678901234, secret: true },
      text: 'export GITHUB_TOKEN="[REDACTED:token]" && curl -H "Authorization: Bearer [REDACTED:authorization]" https://u:[REDACTED:url_password]@h/',
      twice: JSON.stringify({ password: '[REDACTED:password]', key: '-----BEGIN x' }),
    });
  });

  it('redacts the value of an option that is an argument of its own', () => {
    const argv = ['deploy', '--token', 'a1b2c3d4e5f6', '--name', 'x'];
    expect(new Redactor().redactArguments(argv)).toEqual([
      'deploy',
      '--token',
      '[REDACTED:secret_argument]',
      '--name',
      'x',
    ]);
    expect(new Redactor().redactArguments([])).toEqual([]);
  });
});
