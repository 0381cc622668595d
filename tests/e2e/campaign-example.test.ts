// examples/campaign.ts runs as it stands there, against the local folder, and says what the specification says; the same
// workflow leaves the same on S3.

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { S3RVER_CREDENTIALS, startS3rver } from '../support/s3rver.ts';
import { SWIFT_CREDENTIALS, startSwift, swiftAbsence } from '../support/swift.ts';
import { temporaryFolder, wrapper } from '../support/wrapper.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the example with Node, which takes no types before 22.18: they are left out first, and nothing else is changed. */
async function runExample(folder: string, env: Record<string, string>): Promise<string[]> {
  const source = readFileSync(join(ROOT, 'examples/campaign.ts'), 'utf8').replaceAll(
    'import.meta.url',
    JSON.stringify(`file://${ROOT}examples/campaign.ts`),
  );
  const { code } = await transform(source, { loader: 'ts', format: 'esm' });
  const program = execFile(process.execPath, ['--input-type=module', '-'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: folder, ...env },
  });
  program.stdin!.end(code);
  let text = '';
  let errors = '';
  program.stdout!.on('data', (data) => (text += data));
  program.stderr!.on('data', (data) => (errors += data));
  const status = await new Promise((resolve) => program.on('close', resolve));
  // The AWS SDK warns on Node 20.
  expect([status, 'S3_BUCKET_NAME' in env ? '' : errors]).toEqual([0, '']);
  return text.trimEnd().split('\n');
}

const EXPECTED = [
  'Recon complete: 1/3 complete: Recon',
  'Status: complete',
  'Progress: 3/3 complete: Recon, Garak, Exploit',
  'S3 Keys: {',
  "  recon: 'scans/recon/recon-001.json',",
  "  garak: 'scans/garak/garak-001.json',",
  "  exploit: 'scans/exploit/exploit-001.json'",
  '}',
  'Detected tools: 2',
];

/** What is left of the workflow, with nothing of the place in it. */
async function leftBehind(folder: string, env: Record<string, string>) {
  const ask = async (...argv: string[]) =>
    JSON.parse(String((await wrapper([...argv, '--json'], { cwd: folder, env })).stdout));
  const show = await ask('campaign', 'show', 'last');
  const { campaign_id, created_at, updated_at, ...campaign } = show;
  expect([campaign_id, created_at, updated_at].every((value) => typeof value === 'string')).toBe(true);
  return {
    campaign,
    scans: (await ask('scan', 'list')).scans,
    garak: await ask('scan', 'load', 'garak', 'garak-001'),
    report: String((await wrapper(['campaign', 'report', 'last'], { cwd: folder, env })).stdout)
      .replaceAll(campaign_id, 'ID')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'),
    check: await ask('campaign', 'check'),
  };
}

describe('the complete workflow', () => {
  it('runs as the example shows it, and leaves the same on s3rver', async () => {
    const folder = temporaryFolder();
    const db = join(folder, 'campaigns.db');
    const [created, ...rest] = await runExample(folder, { CAMPAIGNS_DB: '~/campaigns.db' });
    expect(created).toMatch(/^Created campaign: [0-9a-f-]{36}$/);
    expect(rest).toEqual(EXPECTED);
    const local = await leftBehind(folder, { CAMPAIGNS_DB: db });
    expect(local.check).toEqual({ campaigns: 1, objects: 3, findings: [], indexed: [] });
    expect(local.report).toContain('encoding.InjectBase64');

    const bucketFolder = temporaryFolder();
    const s3rver = await startS3rver(join(bucketFolder, 's3'), 'audits');
    onTestFinished(() => s3rver.stop());
    const onS3 = {
      CAMPAIGNS_DB: join(bucketFolder, 'campaigns.db'),
      S3_BUCKET_NAME: 'audits',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: s3rver.endpoint,
      AWS_ACCESS_KEY_ID: S3RVER_CREDENTIALS.id,
      AWS_SECRET_ACCESS_KEY: S3RVER_CREDENTIALS.secret,
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    expect((await runExample(bucketFolder, onS3)).slice(1)).toEqual(EXPECTED);
    expect(await leftBehind(bucketFolder, onS3)).toEqual(local);
  });

  it.skipIf(swiftAbsence() !== undefined)('leaves the same on Swift', async () => {
    const folder = temporaryFolder();
    await runExample(folder, { CAMPAIGNS_DB: join(folder, 'campaigns.db') });
    const local = await leftBehind(folder, { CAMPAIGNS_DB: join(folder, 'campaigns.db') });
    const swift = await startSwift(temporaryFolder());
    onTestFinished(() => swift.stop());
    const bucketFolder = temporaryFolder();
    const env = {
      CAMPAIGNS_DB: join(bucketFolder, 'campaigns.db'),
      S3_BUCKET_NAME: 'audits',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: swift.endpoint,
      AWS_ACCESS_KEY_ID: SWIFT_CREDENTIALS.id,
      AWS_SECRET_ACCESS_KEY: SWIFT_CREDENTIALS.secret,
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    await makeBucket(bucketFolder, env);
    expect((await runExample(bucketFolder, env)).slice(1)).toEqual(EXPECTED);
    expect(await leftBehind(bucketFolder, env)).toEqual(local);
  });
});

async function makeBucket(folder: string, env: Record<string, string>): Promise<void> {
  const file = join(folder, 'bucket.mjs');
  writeFileSync(
    file,
    `import { createRequire } from 'node:module';
     const { S3Client, CreateBucketCommand } = createRequire(${JSON.stringify(`${ROOT}package.json`)})('@aws-sdk/client-s3');
     await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: 'audits' }));`,
  );
  await promisify(execFile)(process.execPath, [file], { env: { PATH: process.env['PATH'], ...env } });
}
