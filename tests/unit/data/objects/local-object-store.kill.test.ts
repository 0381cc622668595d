import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LocalObjectStore } from '../../../../src/data/objects/local-object-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'wrapper-objects-'));
const writer = join(folder, 'writer.mjs');
beforeAll(async () => {
  await build({
    entryPoints: [resolve(import.meta.dirname, '../programs/object-writer.ts')],
    outfile: writer,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@aws-sdk/client-s3'],
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('whoever is killed while it writes leaves an object that is whole, and nothing else in a listing', async () => {
  const root = join(folder, 'objects');
  const store = new LocalObjectStore(root);
  let unfinished = 0;
  // Until one was killed where it matters, too.
  for (let round = 0; round < 20 || unfinished === 0; round++) {
    const child = spawn(process.execPath, [writer, root], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    // By then it is somewhere in one of the next.
    let count = 0;
    while (count <= round % 3) {
      const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
      count += chunk.length;
    }
    // From no time to what two writings take: a different step each time.
    const until = process.hrtime.bigint() + BigInt(round) * 300_000n;
    while (process.hrtime.bigint() < until);
    child.kill('SIGKILL');
    await exited;

    const { objects } = await store.list('');
    expect(objects.map(({ key, size }) => [key, size])).toEqual([['scans/a', 400_000]]);
    const content = await buffer((await store.get('scans/a')).body);
    expect(content.equals(Buffer.alloc(400_000, content[0]))).toBe(true);
    unfinished = readdirSync(join(root, 'scans')).length - 1;
  }
});
