import { expect, test } from 'vitest';
import { objectStoreSettings } from '../../../../src/data/objects/object-store-settings.ts';
import { openObjectStore } from '../../../../src/data/objects/open-object-store.ts';

const settings = (env: Record<string, string>, chosen?: string) =>
  objectStoreSettings({
    env,
    cwd: '/here',
    folder: '/data/objects',
    chosen: chosen === undefined ? undefined : { value: chosen, from: '--objects' },
  });

test('without anything: the folder beside the database', () => {
  expect(settings({ S3_BUCKET_NAME: '' })).toEqual({
    kind: 'folder',
    folder: '/data/objects',
    from: 'default',
  });
});

test('a bucket, with what the environment says about its server', () => {
  expect(settings({ S3_BUCKET_NAME: 'audits', AWS_REGION: 'ap-southeast-2' })).toEqual({
    kind: 's3',
    bucket: 'audits',
    prefix: '',
    region: 'ap-southeast-2',
    endpoint: undefined,
    pathStyle: false,
    from: 'S3_BUCKET_NAME',
    endpointFrom: undefined,
  });
  const own = { AWS_ENDPOINT_URL: 'http://a:1', AWS_ENDPOINT_URL_S3: 'http://b:2' };
  expect(settings(own, 's3://audits/deep/er')).toMatchObject({
    prefix: 'deep/er/',
    region: 'us-east-1',
    endpoint: 'http://b:2',
    pathStyle: true,
    from: '--objects',
    endpointFrom: 'AWS_ENDPOINT_URL_S3',
  });
  expect(settings({ ...own, WRAPPER_S3_PATH_STYLE: 'no' }, 's3://audits')).toMatchObject({
    pathStyle: false,
  });
});

test('what is meant is opened, and says where it is', () => {
  expect(openObjectStore(settings({})).location).toBe('/data/objects');
  expect(openObjectStore(settings({ S3_BUCKET_NAME: 'audits' })).location).toBe('s3://audits');
  expect(openObjectStore(settings({}, 's3://audits/deep')).location).toBe('s3://audits/deep');
});

test('the option is stronger than WRAPPER_OBJECTS, and that than the bucket', () => {
  const env = { WRAPPER_OBJECTS: 'file:///srv/with%20space', S3_BUCKET_NAME: 'audits' };
  expect(settings(env)).toEqual({ kind: 'folder', folder: '/srv/with space', from: 'WRAPPER_OBJECTS' });
  expect(settings(env, 'near')).toEqual({ kind: 'folder', folder: '/here/near', from: '--objects' });
});

test.each([
  [{}, 's3://id:secret@audits/x', 'may hold no credentials'],
  [{ AWS_ENDPOINT_URL: 'http://id:secret@host/' }, 's3://audits', 'may hold no credentials'],
  [{ AWS_ENDPOINT_URL: 'host:9000' }, 's3://audits', 'no address of a server'],
  [{}, 's3://A', 'cannot be the name of a bucket'],
  [{}, 's3://audits/../x', 'cannot be what keys begin with'],
  [{}, 'https://audits.example.org', 'neither a folder nor a bucket'],
  [{ WRAPPER_S3_PATH_STYLE: 'maybe' }, 's3://audits', 'neither yes nor no'],
] as const)('%o and %s are refused', (env, chosen, message) => {
  expect(() => settings(env, chosen)).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) }),
  );
  expect(() => settings(env, chosen)).not.toThrow(/secret/);
});
