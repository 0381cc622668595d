import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalObjectStore } from '../../../../src/data/objects/local-object-store.ts';
import { isObjectKey } from '../../../../src/data/objects/object-key.ts';
import { ArtifactNotFoundError, ArtifactUploadError } from '../../../../src/model/persistence-errors.ts';

let folder: string;
let root: string;
let store: LocalObjectStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wrapper-objects-'));
  root = join(folder, 'deep', 'objects');
  store = new LocalObjectStore(root);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (content: string) => Buffer.from(content);

test('files are for their owner only, and nothing else is left', async () => {
  await store.put('a/b.json', text('x'));
  expect(statSync(join(root, 'a/b.json')).mode & 0o777).toBe(0o600);
  expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700);
  expect(statSync(root).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(root, 'a'))).toEqual(['b.json']);
});

test('nothing is reached through a symbolic link', async () => {
  const outside = join(folder, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'x');
  mkdirSync(root, { recursive: true });
  symlinkSync(outside, join(root, 'link'));
  symlinkSync(join(outside, 'secret'), join(root, 'file'));
  await expect(store.put('link/new', text('y'))).rejects.toBeInstanceOf(ArtifactUploadError);
  await expect(store.get('link/secret')).rejects.toMatchObject({ code: 'artifact_download_failed' });
  await expect(store.delete('link/secret')).rejects.toMatchObject({ code: 'persistence_failed' });
  await expect(store.get('file')).rejects.toBeInstanceOf(ArtifactNotFoundError);
  expect(await store.delete('file')).toBe(false);
  expect((await store.list('')).objects).toEqual([]);
  await store.put('file', text('mine'));
  expect(readdirSync(outside)).toEqual(['secret']);
  expect(statSync(join(outside, 'secret')).size).toBe(1);
});

test('what a killed process left is in no listing, and goes after an hour', async () => {
  await store.put('a/b', text('x'));
  const old = join(root, 'a', '.tmp-1-old');
  const young = join(root, 'a', '.tmp-1-young');
  writeFileSync(old, 'half');
  writeFileSync(young, 'half');
  utimesSync(old, 0, 0);
  expect((await store.list('')).objects.map(({ key }) => key)).toEqual(['a/b']);
  expect(readdirSync(join(root, 'a')).sort()).toEqual(['.tmp-1-young', 'b']);
});

test('a key that is the folder of another one is refused, with the reason', async () => {
  await store.put('a', text('x'));
  await expect(store.put('a/b', text('y'))).rejects.toThrow('another object has the name of its folder');
  await store.put('c/d', text('x'));
  await expect(store.put('c', text('y'))).rejects.toThrow('a folder has its name');
});

test('a large folder that has come to rest is read once, and again when it changes', async () => {
  const large = join(root, 'scans');
  mkdirSync(large, { recursive: true });
  for (let file = 0; file < 2500; file++)
    writeFileSync(join(large, `${String(file).padStart(5, '0')}.json`), '');
  utimesSync(large, 1000, 1000);
  const first = await store.list('scans/');
  const second = await store.list('scans/', { after: first.next });
  expect(second.objects[0]?.key).toBe('scans/01000.json');
  await store.put('scans/02499-new.json', text('x'));
  const third = await store.list('scans/', { after: second.next });
  expect(third.objects).toHaveLength(501);
  expect(third.next).toBeNull();
});

test('every key that is allowed is a path inside the folder, and its own', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a./_=-]{1,12}$/)), (key) => {
      if (!isObjectKey(key)) return;
      const path = join(root, key);
      expect(path).toBe(`${root}/${key}`);
      expect(dirname(path).startsWith(root)).toBe(true);
      expect(key.split('/').some((segment) => segment.startsWith('.'))).toBe(false);
    }),
  );
});
