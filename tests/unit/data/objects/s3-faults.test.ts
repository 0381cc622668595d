import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { S3ObjectStore } from '../../../../src/data/objects/s3-object-store.ts';
import { answerError, type FaultyS3, startFaultyS3 } from '../../../support/faulty-s3.ts';

const LIMITS = { connect: 2000, request: 300, call: 20_000, stall: 300, patience: 500 };
const CONTENT = Buffer.from('a body of some length');

let server: FaultyS3;
let store: S3ObjectStore;
async function against(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
  limits = LIMITS,
): Promise<S3ObjectStore> {
  server = await startFaultyS3(answer);
  store = new S3ObjectStore({
    bucket: 'audits',
    prefix: 'p/',
    region: 'us-east-1',
    endpoint: server.endpoint,
    pathStyle: true,
    limits,
  });
  return store;
}

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'the-secret');
});
afterEach(async () => {
  await store.close();
  await server.stop();
  vi.unstubAllEnvs();
});

/** What a call of each kind is to throw, and that no credential is in it. */
async function expectAll(message: RegExp): Promise<void> {
  for (const [call, code] of [
    [() => store.put('a', CONTENT), 'artifact_upload_failed'],
    [() => store.get('a'), 'artifact_download_failed'],
    [() => store.list(''), 'persistence_failed'],
    [() => store.head('a'), 'persistence_failed'],
    [() => store.delete('a'), 'persistence_failed'],
  ] as const) {
    const error = await call().then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error.message).toContain('s3://audits/p');
    expect(JSON.stringify(error) + error.stack).not.toMatch(/AKIDEXAMPLE|the-secret|Signature=/);
  }
}

const stored = (response: ServerResponse, body: Buffer, sha256 = hash(body)) =>
  response.writeHead(200, {
    'Content-Length': body.length,
    'Last-Modified': new Date(0).toUTCString(),
    'x-amz-meta-sha256': sha256,
  });
const hash = (body: Buffer) => createHash('sha256').update(body).digest('hex');

describe('a server that fails', () => {
  test('accepts and hangs: every operation ends in time', async () => {
    await against(() => {
      // Never answers.
    });
    await expectAll(/did not answer in time/);
  });

  test('hangs for longer than all attempts together may take', async () => {
    await against(
      () => {
        // Never answers.
      },
      { ...LIMITS, request: 60_000, call: 300 },
    );
    await expectAll(/did not answer in time/);
    // One request for each of the five operations: no further attempt was begun.
    expect(server.requests()).toBe(5);
  });

  test('drops every connection: unreachable', async () => {
    await against((request) => void request.socket.destroy());
    await expectAll(/cannot be reached, or drops the connection/);
  });

  test('is busy for ever: tried three times, then said', async () => {
    await against((request, response) => answerError(request, response, 503, 'SlowDown'));
    await expect(store.list('')).rejects.toMatchObject({ code: 'persistence_failed' });
    expect(server.requests()).toBe(3);
    await expectAll(/was busy or failed at every attempt/);
  });

  test('is busy twice: the third attempt counts', async () => {
    await against((request, response, count) => {
      if (count <= 2) return answerError(request, response, 503, 'SlowDown');
      if (request.method === 'HEAD') return void stored(response, CONTENT).end();
      request.resume().once('end', () => response.end());
    });
    expect(await store.put('a', CONTENT)).toMatchObject({ size: CONTENT.length, sha256: hash(CONTENT) });
    // Three to store it and one to see that it is there.
    expect(server.requests()).toBe(4);
  });

  test('an upload is dropped half-way and sent again whole', async () => {
    const sizes: number[] = [];
    await against((request, response, count) => {
      if (count === 1) return void request.once('data', () => request.socket.destroy());
      if (request.method === 'HEAD') return void stored(response, CONTENT).end();
      void buffer(request).then((body) => {
        sizes.push(body.length);
        response.end();
      });
    });
    await store.put('a', CONTENT);
    expect(sizes).toEqual([CONTENT.length]);
  });
});

describe('a body that is read', () => {
  const reading = async () => buffer((await store.get('a')).body);

  test('dropped half-way', async () => {
    await against((_, response) => {
      stored(response, CONTENT).write(CONTENT.subarray(0, 5), () => response.destroy());
    });
    await expect(reading()).rejects.toMatchObject({ code: 'artifact_download_failed' });
  });

  test('stalls', async () => {
    await against((_, response) => void stored(response, CONTENT).write(CONTENT.subarray(0, 5)));
    await expect(reading()).rejects.toMatchObject({
      code: 'artifact_download_failed',
      message: expect.stringContaining('stalled'),
    });
  });

  test('drips', async () => {
    await against((_, response) => {
      const drops = setInterval(() => response.write(CONTENT.subarray(0, 1)), 50);
      response.once('close', () => clearInterval(drops));
      stored(response, CONTENT);
    });
    await expect(reading()).rejects.toMatchObject({
      code: 'artifact_download_failed',
      message: expect.stringContaining('came too slowly'),
    });
  });

  test('is not what was stored', async () => {
    await against((_, response) => void stored(response, CONTENT, hash(Buffer.from('other'))).end(CONTENT));
    await expect(reading()).rejects.toMatchObject({
      code: 'artifact_download_failed',
      message: expect.stringContaining('is not what was stored'),
    });
  });
});

describe('an answer', () => {
  test.each([
    [404, 'NoSuchBucket', /there is no bucket audits/],
    [403, 'AccessDenied', /refuses access/],
    [403, 'InvalidAccessKeyId', /does not accept the credentials/],
    [403, 'SignatureDoesNotMatch', /does not accept the credentials/],
    [400, 'ExpiredToken', /have expired/],
    [403, 'RequestTimeTooSkewed', /clock of this machine/],
    [301, 'PermanentRedirect', /not in this region/],
    [400, 'AuthorizationHeaderMalformed', /not in this region/],
    [400, 'EntityTooLarge', /too large/],
    [507, 'QuotaExceeded', /no room/],
    [418, 'Teapot', /answered Teapot/],
  ])('%i %s has its sentence', async (status, code, message) => {
    await against((request, response) => answerError(request, response, status, code));
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'artifact_download_failed',
      message: expect.stringMatching(message),
    });
  });
});
