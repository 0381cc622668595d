// What every object storage promises (src/data/objects/object-store.ts), as one suite that each of them has to pass.

import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import type { ObjectSource, ObjectStore } from '../../src/data/objects/object-store.ts';
import {
  ArtifactNotFoundError,
  ArtifactUploadError,
  PersistenceError,
} from '../../src/model/persistence-errors.ts';

const text = (content: string) => Buffer.from(content);
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

/**
 * @param open a store that holds nothing, a new one at each call
 * @param options.ordersFolders false for a server that lists a folder `a` before `a-b` and `a.b`, against the order of bytes
 */
export function objectStoreContract(
  name: string,
  open: () => Promise<ObjectStore>,
  options: { readonly ordersFolders?: boolean } = {},
): void {
  describe(`object storage: ${name}`, () => {
    const opened: ObjectStore[] = [];
    const store = async () => {
      const made = await open();
      opened.push(made);
      return made;
    };
    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close();
    });
    const read = async (from: ObjectStore, key: string) => buffer((await from.get(key)).body);

    test('what was put is got, byte for byte, and described alike by put, get and head', async () => {
      const objects = await store();
      for (const [key, content] of [
        ['empty', Buffer.alloc(0)],
        ['scans/recon/a.json', text('{"a": 1}\n')],
        ['v1/campaign=c-1/all_bytes.bin', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
        ['large', randomBytes(300_000)],
      ] as const) {
        const put = await objects.put(key, content, { contentType: 'application/json' });
        const { info, body } = await objects.get(key);
        expect(sha256(await buffer(body))).toBe(sha256(content));
        expect(put).toMatchObject({ key, size: content.length, sha256: sha256(content) });
        expect(info).toEqual(await objects.head(key));
        expect(info).toMatchObject({ key, size: content.length, sha256: sha256(content) });
        expect(put.modifiedAt).toBe(info.modifiedAt);
        expect(info.modifiedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      }
    });

    test('an object is replaced as a whole, and putting it again changes nothing', async () => {
      const objects = await store();
      await objects.put('a/b.json', text('a long first version'));
      await objects.put('a/b.json', text('short'));
      await objects.put('a/b.json', text('short'));
      expect(String(await read(objects, 'a/b.json'))).toBe('short');
      expect((await objects.list('')).objects.map(({ key }) => key)).toEqual(['a/b.json']);
    });

    test('of writers at the same time one wins, and nobody reads a mixture', async () => {
      const objects = await store();
      const contents = Array.from({ length: 8 }, (_, writer) => Buffer.alloc(20_000, 65 + writer));
      await Promise.all(contents.map((content) => objects.put('same', content)));
      const found = await read(objects, 'same');
      expect(contents.some((content) => content.equals(found))).toBe(true);
    });

    test('a source is stored; one of another length is an upload that failed and stores nothing', async () => {
      const objects = await store();
      const content = randomBytes(200_000);
      const source = (size: number): ObjectSource => ({
        size,
        open: () => Readable.from([content.subarray(0, 70_000), content.subarray(70_000)]),
      });
      const info = await objects.put('good', source(content.length));
      expect(info).toMatchObject({ size: content.length, sha256: sha256(content) });
      expect(sha256(await read(objects, 'good'))).toBe(sha256(content));
      await expect(objects.put('short', source(content.length + 1))).rejects.toBeInstanceOf(
        ArtifactUploadError,
      );
      await expect(objects.put('long', source(content.length - 1))).rejects.toBeInstanceOf(
        ArtifactUploadError,
      );
      expect((await objects.list('')).objects.map(({ key }) => key)).toEqual(['good']);
    });

    test('what is not there: get says so, head and list are empty, delete is no error', async () => {
      const objects = await store();
      await expect(objects.get('absent/x.json')).rejects.toBeInstanceOf(ArtifactNotFoundError);
      expect(await objects.head('absent/x.json')).toBeUndefined();
      expect(await objects.list('absent/')).toEqual({ objects: [], next: null });
      expect(await objects.delete('absent/x.json')).toBe(false);
    });

    test('delete removes one object, says that there was one, and can be repeated', async () => {
      const objects = await store();
      await objects.put('d/1', text('1'));
      await objects.put('d/2', text('2'));
      expect(await objects.delete('d/1')).toBe(true);
      expect(await objects.delete('d/1')).toBe(false);
      expect(await objects.head('d/1')).toBeUndefined();
      expect((await objects.list('')).objects.map(({ key }) => key)).toEqual(['d/2']);
    });

    test('listing: by prefix, in the order of bytes, in pages, each object once', async () => {
      const objects = await store();
      const hard = options.ordersFolders === false ? [] : ['a-b/1', 'a.b'];
      const keys = [...hard, 'a/1', 'a/2/x', 'a/2=y', 'a/20', 'aB', 'a_', 'ab', 'b/1', 'Z'].sort();
      for (const key of keys) await objects.put(key, text(key));
      const listed = async (prefix: string, limit: number) => {
        const found: string[] = [];
        let after: string | null = null;
        do {
          const page = await objects.list(prefix, { after, limit });
          expect(page.objects.length).toBeLessThanOrEqual(limit);
          found.push(...page.objects.map(({ key }) => key));
          after = page.next;
        } while (after !== null);
        return found;
      };
      for (const limit of [1, 2, 3, 1000]) expect(await listed('', limit)).toEqual(keys);
      for (const prefix of ['a', 'a/', 'a/2', 'a/2/', 'b', 'nothing']) {
        expect(await listed(prefix, 2)).toEqual(keys.filter((key) => key.startsWith(prefix)));
      }
      const { objects: behind } = await objects.list('a', { after: 'a/15' });
      expect(behind.map(({ key }) => key)).toEqual(keys.filter((key) => key.startsWith('a') && key > 'a/15'));
      const [first] = (await objects.list('a/1')).objects;
      expect(first).toMatchObject({ key: 'a/1', size: 3, sha256: null });
    });

    test('other keys and limits are refused by every operation', async () => {
      const objects = await store();
      const bad = [
        '',
        '/a',
        'a/',
        'a//b',
        '.',
        '..',
        'a/../b',
        '.hidden',
        'a/.tmp-1',
        'a b',
        'ä',
        'a\nb',
        'a\\b',
      ];
      for (const key of [...bad, 'x'.repeat(256), `${'x/'.repeat(512)}x`]) {
        await expect(objects.put(key, text('x'))).rejects.toBeInstanceOf(PersistenceError);
        await expect(objects.get(key)).rejects.toBeInstanceOf(PersistenceError);
        await expect(objects.head(key)).rejects.toBeInstanceOf(PersistenceError);
        await expect(objects.delete(key)).rejects.toBeInstanceOf(PersistenceError);
      }
      for (const limit of [0, -1, 1.5, 1001])
        await expect(objects.list('', { limit })).rejects.toBeInstanceOf(PersistenceError);
    });
  });
}
