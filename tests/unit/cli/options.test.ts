// The table of run options and the small parsers beside it.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findRunOption,
  findTrailingOption,
  parseSize,
  RUN_OPTIONS,
  runFlagNames,
} from '../../../src/cli/options.ts';
import { isReserved, SUBCOMMANDS } from '../../../src/cli/reserved.ts';
import { nearestName } from '../../../src/model/nearest.ts';

describe('sizes', () => {
  it.each([
    ['0', 0],
    ['1048576', 1048576],
    ['12 B', 12],
    ['1k', 1024],
    ['10M', 10 * 1024 ** 2],
    ['10MB', 10 * 1024 ** 2],
    ['1.5GiB', 1.5 * 1024 ** 3],
    ['2 TiB', 2 * 1024 ** 4],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '-1', '1,5M', 'M', '1 PiB', '10Mb/s', '1e3', '99999999999T'])('refuses %j', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });
});

describe('flags', () => {
  it('finds an option and its no- form', () => {
    expect(findRunOption('record')).toMatchObject({ option: { name: 'record' }, negated: false });
    expect(findRunOption('no-record')).toMatchObject({ option: { name: 'record' }, negated: true });
    expect(findRunOption('no-db')).toBeUndefined();
    expect(findRunOption('records')).toBeUndefined();
    for (const name of runFlagNames()) expect(findRunOption(name)).toBeDefined();
  });

  it('recognises exactly the trailing forms', () => {
    expect(findTrailingOption('--enable-db')).toMatchObject({ option: { name: 'enable-db' }, value: true });
    expect(findTrailingOption('--no-record')).toMatchObject({ option: { name: 'record' }, value: false });
    expect(findTrailingOption('--db=a=b')).toMatchObject({ option: { name: 'db' }, value: 'a=b' });
    for (const word of [
      '--db',
      '--record',
      '--verbose',
      '--quiet',
      '--config=x',
      '-q',
      '--enable-db=1',
      'enable-db',
    ]) {
      expect(findTrailingOption(word), word).toBeUndefined();
    }
  });

  it('has trailing forms of its own options only', () => {
    for (const option of RUN_OPTIONS) {
      for (const form of option.trailing)
        expect(findRunOption(form.replace(/^--|=$/g, ''))?.option).toBe(option);
    }
  });
});

describe('did you mean', () => {
  const names = runFlagNames();
  it.each([
    ['enabel-db', 'enable-db'],
    ['enable_db', 'enable-db'],
    ['dv', 'db'],
    ['norecord', 'no-record'],
    ['max-recordings', 'max-recording'],
  ])('%s → %s', (word, expected) => {
    expect(nearestName(word, names)).toBe(expected);
  });

  it('says nothing about a word that resembles none', () => {
    for (const word of ['x', 'frobnicate', 'zzzzzz']) expect(nearestName(word, names)).toBeUndefined();
  });

  it('finds a name that it is given, and one with a letter left out', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(), (name, at) => {
        expect(nearestName(name, names)).toBe(name);
        const short = name.slice(0, at % name.length) + name.slice((at % name.length) + 1);
        if (!names.includes(short) && short.length > 2) expect(nearestName(short, names)).toBeDefined();
      }),
    );
  });
});

describe('reserved words', () => {
  it('are the subcommands', () => {
    for (const { name } of SUBCOMMANDS) expect(isReserved(name)).toBe(true);
    for (const name of ['codex', 'session', 'Show', '']) expect(isReserved(name)).toBe(false);
  });
});
