import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { S3ObjectStore } from '../../../../src/data/objects/s3-object-store.ts';
import { objectStoreContract } from '../../../contract/object-store.contract.ts';
import { S3RVER_CREDENTIALS, startS3rver } from '../../../support/s3rver.ts';

const MIB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'wrapper-s3rver-'));
let server: Awaited<ReturnType<typeof startS3rver>>;
let count = 0;

function openStore(): S3ObjectStore {
  count += 1;
  return new S3ObjectStore({
    bucket: 'audits',
    prefix: `run-${count}/`,
    region: 'us-east-1',
    endpoint: server.endpoint,
    pathStyle: true,
    partSize: 5 * MIB,
  });
}

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', S3RVER_CREDENTIALS.id);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', S3RVER_CREDENTIALS.secret);
  server = await startS3rver(folder, 'audits');
});
afterAll(async () => {
  await server.stop();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

objectStoreContract('s3rver', async () => openStore(), { ordersFolders: false });

test('a large source goes in parts and comes back the same', async () => {
  const store = openStore();
  const chunk = randomBytes(MIB);
  const chunks = Array.from({ length: 11 }, () => chunk);
  const source = { size: 11 * MIB, open: () => Readable.from(chunks) };
  const hash = createHash('sha256').update(Buffer.concat(chunks)).digest('hex');
  expect(await store.put('large', source)).toMatchObject({ size: 11 * MIB, sha256: hash });
  const { info, body } = await store.get('large');
  expect(info).toMatchObject({ size: 11 * MIB, sha256: hash });
  expect(
    createHash('sha256')
      .update(await buffer(body))
      .digest('hex'),
  ).toBe(hash);
  await store.close();
});
