// Values as people read them, and times as they type them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  escapeControls,
  escapeLine,
  formatAbsolute,
  formatDuration,
  formatElapsed,
  formatRelative,
  formatSize,
} from '../../../src/cli/format.ts';
import { shortIds } from '../../../src/cli/session-id.ts';
import { parseTimeInput } from '../../../src/cli/time-input.ts';
import { WrapperError } from '../../../src/model/errors.ts';

/** Local noon, so that the tests hold in every time zone. */
const NOON = new Date(2026, 10, 21, 12, 0, 0).getTime();

describe('foreign text', () => {
  it('is shown, not sent', () => {
    expect(escapeControls('a\x1b[31mb\r\n\t\x07\x9b\u202e')).toBe('a\\x1b[31mb\\r\\n\\t\\x07\\x9b\\u202e');
    expect(escapeControls('Grüße 日本 🙂')).toBe('Grüße 日本 🙂');
    expect(escapeLine('a\tb\x1b')).toBe('a\tb\\x1b');
  });

  it('never keeps a control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeControls(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

describe('durations', () => {
  it.each([
    [0, '0ms'],
    [850, '850ms'],
    [999.6, '1000ms'],
    [1000, '1.0s'],
    [12_340, '12.3s'],
    [59_940, '59.9s'],
    [59_960, '1m00s'],
    [245_000, '4m05s'],
    [3_599_600, '1h00m'],
    [7_380_000, '2h03m'],
    [86_399_999, '1d00h'],
    [273_600_000, '3d04h'],
    [-5, '0ms'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('since the start of a session', () => {
    expect(formatElapsed(4120.9)).toBe('00:04.120');
    expect(formatElapsed(3_723_004)).toBe('1:02:03.004');
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [4608, '4.5 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [12 * 1024 ** 2, '12.0 MiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [5000 * 1024 ** 4, '5000.0 TiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe('moments', () => {
  const at = (ms: number) => formatRelative(new Date(NOON + ms).toISOString(), NOON);
  it('are relative in lists', () => {
    expect(at(0)).toBe('now');
    expect(at(-12_000)).toBe('12s ago');
    expect(at(-180_000)).toBe('3m ago');
    expect(at(-5 * 3_600_000)).toBe('5h ago');
    expect(at(-13 * 3_600_000)).toBe('yesterday 23:00');
    expect(at(-36 * 3_600_000)).toBe('yesterday 00:00');
    expect(at(-72 * 3_600_000)).toBe('18 Nov 12:00');
    expect(at(-366 * 86_400_000)).toMatch(/^2025-11-\d\d$/);
    expect(at(2 * 3_600_000)).toBe('21 Nov 14:00');
    expect(formatRelative('not a time\x1b', NOON)).toBe('not a time\\x1b');
  });

  it('are absolute with their zone in details', () => {
    const text = formatAbsolute('2026-02-10T10:30:00.000Z');
    expect(text).toMatch(/^2026-02-(09|10|11) \d\d:\d\d:00 [+-]\d\d:\d\d$/);
    expect(new Date(text.replace(' ', 'T').replace(' ', '')).toISOString()).toBe('2026-02-10T10:30:00.000Z');
  });
});

describe('times as typed', () => {
  const read = (text: string, edge: 'start' | 'end' = 'start') => parseTimeInput(text, '--since', edge, NOON);
  it('are ages', () => {
    expect(read('30m')).toBe(new Date(NOON - 30 * 60_000).toISOString());
    expect(read('1.5h')).toBe(new Date(NOON - 90 * 60_000).toISOString());
    expect(read('7d')).toBe(new Date(NOON - 7 * 86_400_000).toISOString());
    expect(read('45S')).toBe(new Date(NOON - 45_000).toISOString());
    expect(read('2w')).toBe(new Date(NOON - 14 * 86_400_000).toISOString());
  });

  it('are local days, from their start or up to their end', () => {
    expect(read('2026-11-21')).toBe(new Date(2026, 10, 21).toISOString());
    expect(read('2026-11-21', 'end')).toBe(new Date(2026, 10, 22).toISOString());
  });

  it('are moments, local without a zone', () => {
    expect(read('2026-11-21T10:00Z')).toBe('2026-11-21T10:00:00.000Z');
    expect(read('2026-11-21 10:00:05.25+0130')).toBe('2026-11-21T08:30:05.250Z');
    expect(read('2026-11-21T10:00')).toBe(new Date(2026, 10, 21, 10).toISOString());
  });

  it('are ages with a minus, milliseconds, and zones whose plus an address has turned into a space', () => {
    expect(read('-2h')).toBe(read('2h'));
    expect(read('1700000000000')).toBe('2023-11-14T22:13:20.000Z');
    expect(read('2026-11-21T10:00:00 01:00')).toBe('2026-11-21T09:00:00.000Z');
  });

  it.each([
    '',
    'soon',
    '2026-02-30',
    '2026-13-01',
    '2026-11-21T25:00',
    '5 months',
    '99999999999999w',
    '999999999',
    // Seconds.
    '1763712000',
    '99999999999',
  ])('refuses %j', (text) => {
    expect(() => read(text)).toThrow(WrapperError);
  });
});

it('of seconds since 1970 say what was meant', () => {
  expect(() => parseTimeInput('1763712000', '--since', 'start', NOON)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('1763712000000') }),
  );
});

describe('short ids', () => {
  it('are as short as they may be', () => {
    const short = shortIds(['sess_abcdefgh0001', 'sess_abcdefgz0002', 'sess_abcdefgh0001', 'by hand']);
    expect(short('sess_abcdefgh0001')).toBe('abcdefgh');
    expect(short('sess_abcdefgz0002')).toBe('abcdefgz');
    expect(short('by hand')).toBe('by hand');
    expect(shortIds(['sess_abcdefgh0001'])('sess_abcdefgh0001')).toBe('abcdef');
  });
});
