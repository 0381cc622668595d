import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { S3ObjectStore } from '../../../../src/data/objects/s3-object-store.ts';
import { objectStoreContract } from '../../../contract/object-store.contract.ts';
import { type RunningSwift, SWIFT_CREDENTIALS, startSwift, swiftAbsence } from '../../../support/swift.ts';

const absence = swiftAbsence();
if (absence !== undefined) console.warn(`Tests of Swift are skipped: ${absence}`);

describe.skipIf(absence !== undefined)('Swift', () => {
  let swift: RunningSwift;
  let count = 0;
  const openStore = (bucket = 'audits') => {
    count += 1;
    return new S3ObjectStore({
      bucket,
      prefix: `run-${count}/`,
      region: 'us-east-1',
      endpoint: swift.endpoint,
      pathStyle: true,
      partSize: 5 * 1024 * 1024,
    });
  };

  beforeAll(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', SWIFT_CREDENTIALS.id);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', SWIFT_CREDENTIALS.secret);
    swift = await startSwift(mkdtempSync(join(tmpdir(), 'wrapper-swift-')));
    const client = new S3Client({ region: 'us-east-1', endpoint: swift.endpoint, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'audits' }));
    client.destroy();
  });
  afterAll(async () => {
    await swift?.stop();
    vi.unstubAllEnvs();
  });

  objectStoreContract('Swift', async () => openStore());

  test('a large body goes in parts and comes back the same', async () => {
    const store = openStore();
    const content = randomBytes(6 * 1024 * 1024);
    await store.put('large', content);
    const { info, body } = await store.get('large');
    expect(info.size).toBe(content.length);
    expect((await buffer(body)).equals(content)).toBe(true);
    await store.close();
  });

  test('a wrong secret is named by every operation, without being told', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-the-secret');
    const store = openStore();
    for (const [call, code] of [
      [() => store.put('a', Buffer.from('x')), 'artifact_upload_failed'],
      [() => store.get('a'), 'artifact_download_failed'],
      [() => store.head('a'), 'persistence_failed'],
      [() => store.list(''), 'persistence_failed'],
      [() => store.delete('a'), 'persistence_failed'],
    ] as const) {
      const error = await call().then(
        () => expect.unreachable(),
        (reason) => reason,
      );
      expect(error).toMatchObject({ code, message: expect.stringMatching(/credentials|refuses access/) });
      expect(JSON.stringify(error) + error.stack).not.toContain('not-the-secret');
    }
    await store.close();
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', SWIFT_CREDENTIALS.secret);
  });

  test('a missing bucket is named by every operation', async () => {
    const store = openStore('absent-bucket');
    for (const [call, code] of [
      [() => store.put('a', Buffer.from('x')), 'artifact_upload_failed'],
      [() => store.get('a'), 'artifact_download_failed'],
      [() => store.head('a'), 'persistence_failed'],
      [() => store.list(''), 'persistence_failed'],
      [() => store.delete('a'), 'persistence_failed'],
    ] as const) {
      await expect(call()).rejects.toMatchObject({
        code,
        message: expect.stringContaining('there is no bucket absent-bucket'),
      });
    }
    await store.close();
  });
});
