// A file that is there when it is complete, and not before.

import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FinishedFile } from '../../../src/data/finished-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('FinishedFile', () => {
  it('has its name, its text and its mode at the end only', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'out.json');
    const file = new FinishedFile(path, { replace: false });
    file.write('é');
    file.write(Buffer.from('x'));
    expect(file.bytes).toBe(3);
    expect(readdirSync(folder)).not.toContain('out.json');
    file.finish();
    expect(readdirSync(folder)).toEqual(['out.json']);
    expect(readFileSync(path, 'utf8')).toBe('éx');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    file.abandon();
    expect(readdirSync(folder)).toEqual(['out.json']);
  });

  it('leaves nothing when it is abandoned', () => {
    const folder = temporaryFolder();
    const file = new FinishedFile(join(folder, 'out.json'), { replace: false });
    file.write('x');
    file.abandon();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not take a name that is taken, before or while it is written', () => {
    const path = join(temporaryFolder(), 'out.json');
    const late = new FinishedFile(path, { replace: false });
    late.write('late');
    writeFileSync(path, 'theirs');
    expect(() => new FinishedFile(path, { replace: false })).toThrow(/EEXIST/);
    expect(() => late.finish()).toThrow(/EEXIST/);
    late.abandon();
    expect(readFileSync(path, 'utf8')).toBe('theirs');
  });

  it('replaces a file as a whole, with its own mode, and a link instead of what it leads to', () => {
    const folder = temporaryFolder();
    const [path, other, link] = ['out', 'other', 'link'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(path, 'before');
    chmodSync(path, 0o644);
    writeFileSync(other, 'untouched');
    symlinkSync(other, link);
    for (const target of [path, link]) {
      const file = new FinishedFile(target, { replace: true });
      file.write('after');
      expect(readFileSync(path, 'utf8')).toBe(target === path ? 'before' : 'after');
      file.finish();
      expect(readFileSync(target, 'utf8')).toBe('after');
      expect(statSync(target).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(other, 'utf8')).toBe('untouched');
  });

  it('replaces nothing but files', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'sub'));
    expect(() => new FinishedFile(join(folder, 'sub'), { replace: true })).toThrow(/is no file/);
    expect(() => new FinishedFile('/dev/null', { replace: true })).toThrow(/is no file/);
  });
});
