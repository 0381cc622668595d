// Campaigns through the built binary: stages are wrapped commands, and what they leave is stored, linked and told. A flag is
// never set before its object has been read back, whatever the storage does and whenever the wrapper is killed.

import type { ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBetween } from '../support/s3-between.ts';
import { S3RVER_CREDENTIALS, startS3rver } from '../support/s3rver.ts';
import { startServing } from '../support/serving.ts';
import { BIN, sqlite, temporaryFolder, wrapper } from '../support/wrapper.ts';

const REPORT = fileURLToPath(new URL('../fixtures/garak/qual_review_mixed.report.jsonl', import.meta.url));
const RECON = {
  audit_id: 'recon-2025',
  timestamp: '2025-11-25T10:00:00Z',
  intelligence: {
    system_prompt_leak: ['You are helpful'],
    detected_tools: [{ name: 'search', arguments: ['q'] }],
    infrastructure: { db: 'pg' },
  },
};

interface Told {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A folder with a campaign called `c` in it. */
async function withCampaign(env: Record<string, string> = {}) {
  const folder = temporaryFolder();
  const run = async (argv: string[], onStart?: (child: ChildProcess) => void): Promise<Told> => {
    const { status, stdout, stderr } = await wrapper(argv, { cwd: folder, env, ...(onStart && { onStart }) });
    return { status, out: String(stdout), err: String(stderr) };
  };
  const create = ['campaign', 'create', '--name', 'Audit', '--target-url', 'http://t', '--id', 'c'];
  expect(await run(create)).toMatchObject({ status: 0, out: 'c\n' });
  writeFileSync(join(folder, 'recon.json'), JSON.stringify(RECON));
  const show = async () => JSON.parse((await run(['campaign', 'show', 'c', '--json'])).out);
  const recon = (...more: string[]) => [
    'recon-bot',
    'cp recon.json out.json',
    '--enable-db',
    '--campaign',
    'c',
    '--stage',
    'recon',
    '--scan-file',
    'out.json',
    ...more,
  ];
  return { folder, run, show, recon };
}

describe('a stage that is a wrapped command', () => {
  it('is in progress while the command runs, and complete when its result is stored', async () => {
    const { folder, run, show, recon } = await withCampaign();
    const watching = recon();
    watching[1] = `sqlite3 data/wrapper.db "SELECT status || recon_in_progress FROM campaigns"; cp recon.json out.json`;
    const told = await run(watching);
    expect(told).toMatchObject({ status: 0, out: 'in_progress1\n', err: '' });
    const campaign = await show();
    expect(campaign).toMatchObject({
      status: 'in_progress',
      recon_complete: true,
      progress_summary: '1/3 complete: Recon',
      stages: { recon: { in_progress: false, error: null } },
    });
    expect(campaign.recon_scan_id).toMatch(/^recon-[0-9a-f]{16}$/);
    const [session] = sqlite(folder, 'SELECT session_id FROM process_sessions');
    expect(campaign.stages.recon.session_id).toBe(session);
    const stored = join(folder, 'data/objects/scans/recon', `${campaign.recon_scan_id}.json`);
    expect(JSON.parse(readFileSync(stored, 'utf8'))).toEqual(RECON);
    const again = await run(['scan', 'load', 'recon', campaign.recon_scan_id]);
    expect(JSON.parse(again.out)).toEqual(RECON);
    expect(await run(['campaign', 'check'])).toMatchObject({ status: 0, out: '' });
    // The same result again changes nothing but the time and the session.
    await run(recon());
    expect((await show()).recon_scan_id).toBe(campaign.recon_scan_id);
    expect(readdirSync(join(folder, 'data/objects/scans/recon'))).toHaveLength(1);
  });

  it("takes garak's own report, damaged lines included", async () => {
    const { folder, run, show } = await withCampaign();
    copyFileSync(REPORT, join(folder, 'in.jsonl'));
    const command = `cp in.jsonl g.report.jsonl; echo '{"entry_type": "att' >> g.report.jsonl`;
    const argv = ['garak', command, '--campaign', 'c', '--stage', 'garak', '--scan-file', 'g.report.jsonl'];
    const told = await run(argv);
    expect(told).toMatchObject({
      status: 0,
      err: 'wrapper: g.report.jsonl, line 10 is no valid JSON\n',
    });
    const { out } = await run(['scan', 'load', 'garak', (await show()).garak_scan_id]);
    expect(JSON.parse(out).summary).toMatchObject({ total_results: 3, fail_count: 2, error_count: 1 });
    const report = await run(['campaign', 'report', 'c']);
    expect(report.out).toContain('| lmrc.QuackMedicine | 1 | unknown |');
    expect(report.out).toContain('## Exploit\n\nNot done yet.');
  });

  it.each([
    ['exit 7', 7, 'the command ended with status 7'],
    ['kill -TERM $$', 143, 'the command was ended by SIGTERM'],
    ['echo {} > out.json', 1, 'out.json is no recon result: audit_id'],
    ['echo "{" > out.json', 1, 'out.json is no valid JSON'],
    ['true; true', 1, 'the command left no file'],
    ['no-such-command-at-all; exit 127', 127, 'the command ended with status 127'],
  ])('of %s fails and says why, with status %i', async (command, status, reason) => {
    const { run, show, recon } = await withCampaign();
    const failing = recon();
    failing[1] = command;
    const told = await run(failing);
    expect(told.status).toBe(status);
    expect(told.err).toContain(`wrapper: stage recon of campaign Audit failed: ${reason}`.slice(0, 60));
    const campaign = await show();
    expect(campaign).toMatchObject({ status: 'created', recon_complete: false });
    expect(campaign.stages.recon.error).toContain(reason);
    await run([...failing, '--fail-campaign']);
    expect(await show()).toMatchObject({ status: 'failed' });
    expect((await run(recon())).status).toBe(0);
    expect(await show()).toMatchObject({ status: 'in_progress', failure_reason: null });
  });

  it('takes a result from nothing that might never end', async () => {
    const { run, show, recon } = await withCampaign();
    const pipe = recon();
    pipe[1] = 'mkfifo out.json';
    const told = await run(pipe);
    expect([told.status, told.err]).toEqual([1, expect.stringContaining('out.json is no regular file')]);
    expect((await show()).stages.recon).toMatchObject({ in_progress: false, session_id: expect.any(String) });
    // Not stored, this run has no session: that of the run before is not its own.
    const unrecorded = recon().filter((word) => word !== '--enable-db');
    expect((await run(['recon-bot', 'rm out.json', '--enable-db'])).status).toBe(0);
    expect((await run(unrecorded)).status).toBe(0);
    expect((await show()).stages.recon).toMatchObject({ complete: true, session_id: null });
  });

  it('says what it takes for options of the command', async () => {
    const { folder, run, show, recon } = await withCampaign();
    writeFileSync(join(folder, 'scan.sh'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    const argv = recon();
    argv[1] = './scan.sh';
    const told = await run(argv);
    expect(told).toMatchObject({
      status: 0,
      out: '--enable-db --campaign c --stage recon --scan-file out.json\n',
      err: expect.stringMatching(/^wrapper: --scan-file .* belongs to the command.*\n/),
    });
    expect((await show()).status).toBe('created');
  });

  it('does not take a result that the command has not written', async () => {
    const { run, recon } = await withCampaign();
    await run(recon());
    const idle = recon();
    idle[1] = 'exit 0';
    expect(await run(idle)).toMatchObject({ status: 1 });
    expect((await run(idle)).err).toContain('is older than the command, which did not write it');
  });

  it.each([
    [['--campaign', 'nope', '--stage', 'recon', '--scan-file', 'f'], 3, 'no campaign nope'],
    [['--campaign', 'c', '--stage', 'recom', '--scan-file', 'f'], 2, 'Did you mean recon?'],
    [['--campaign', 'c', '--stage', 'recon'], 2, 'a stage needs --scan-file, too'],
    [['--scan-id', 'x'], 2, 'a stage needs --campaign and --stage and --scan-file, too'],
    [['--campaign', 'c', '--stage', 'recon', '--scan-file', 'f', '--scan-id', '../x'], 2, 'is no scan id'],
  ])('is refused before the command starts: %j', async (options, status, words) => {
    const { folder, run } = await withCampaign();
    const told = await run(['x', 'touch ran', ...options]);
    expect(told.err).toContain(words);
    expect([told.status, existsSync(join(folder, 'ran'))]).toEqual([status === 3 ? 3 : 2, false]);
  });
});

describe('the commands of campaigns and scans', () => {
  it('list, search, tag, rename, fail and delete', async () => {
    const { run, show } = await withCampaign();
    expect((await run(['campaign', 'tag', 'c', 'q4', 'prod', 'q4'])).out).toBe('Tags of Audit: q4, prod\n');
    expect((await run(['campaign', 'tag', 'c', 'prod', '--remove'])).out).toBe('Tags of Audit: q4\n');
    expect((await run(['campaign', 'rename', 'c', 'Other'])).out).toBe('Audit is now called Other.\n');
    expect((await run(['campaign', 'search', 'Q4'])).out).toContain('Other');
    expect((await run(['campaign', 'search', 'audit'])).err).toBe('No campaign matches.\n');
    expect((await run(['campaign', 'fail', 'c', '--reason', 'why'])).status).toBe(0);
    expect(await show()).toMatchObject({ status: 'failed', failure_reason: 'why', tags: ['q4'] });
    const listed = JSON.parse((await run(['campaign', 'list', '--status', 'failed', '--json'])).out);
    expect(listed.campaigns).toEqual([await show()]);
    expect((await run(['campaign', 'delete', 'last'])).status).toBe(2);
    expect((await run(['campaign', 'delete', 'c'])).out).toBe('Deleted Other (c).\n');
    expect(await run(['campaign', 'show', 'c'])).toMatchObject({ status: 3 });
  });

  it('put campaigns into a database of their own, with its objects beside it', async () => {
    const folder = temporaryFolder();
    const run = (...argv: string[]) =>
      wrapper(argv, { cwd: folder, env: { CAMPAIGNS_DB: '~/.aspexa/campaigns.db' } });
    await run('campaign', 'create', '--name', 'A', '--target-url', 't', '--id', 'mine');
    writeFileSync(join(folder, 'recon.json'), JSON.stringify(RECON));
    await run('scan', 'save', 'recon', 'recon-001', '--file', 'recon.json');
    const home = join(folder, '.aspexa');
    expect(existsSync(join(home, 'campaigns.db'))).toBe(true);
    expect(existsSync(join(home, 'objects/scans/recon/recon-001.json'))).toBe(true);
    expect(existsSync(join(folder, 'data'))).toBe(false);
    expect(String((await run('scan', 'exists', 'recon', 'recon-001')).stdout)).toBe('yes\n');
    expect((await run('scan', 'delete', 'recon', 'recon-001')).status).toBe(0);
    expect(await run('scan', 'exists', 'recon', 'recon-001')).toMatchObject({ status: 3 });
    expect((await run('scan', 'load', 'recon', 'recon-001')).status).toBe(3);
  });

  it('reads and writes the documents of earlier versions', async () => {
    const { folder, run } = await withCampaign();
    const save = ['scan', 'artifact', 'audit-1/recon/blueprint', '--save', 'recon.json'];
    const key = 'campaigns/audit-1/recon/blueprint.json';
    expect(await run(save)).toMatchObject({ status: 0, out: `${key}\n` });
    expect(JSON.parse(readFileSync(join(folder, 'data/objects', key), 'utf8'))).toEqual(RECON);
    writeFileSync(join(folder, 'data/objects/campaigns/audit-1/recon/other.json'), '[1]');
    const list = await run(['scan', 'artifacts', 'audit-1', '--json']);
    expect(JSON.parse(list.out).artifacts).toEqual([
      { s3_key: key },
      { s3_key: 'campaigns/audit-1/recon/other.json' },
    ]);
    expect(JSON.parse((await run(['scan', 'artifact', key])).out)).toEqual(RECON);
    expect(JSON.parse((await run(['scan', 'artifact', 'audit-1/recon/other'])).out)).toEqual([1]);
    expect(await run(['scan', 'artifact', 'audit-1/recon/none'])).toMatchObject({ status: 3, out: '' });
    expect(await run(['scan', 'artifact', 'audit-1/../x'])).toMatchObject({ status: 2, out: '' });
    expect(await run(['scan', 'artifact', 'audit-1'])).toMatchObject({ status: 2, out: '' });
  });

  it('check tells what does not fit together', async () => {
    const { folder, run, show, recon } = await withCampaign();
    await run(recon());
    const { recon_scan_id: id } = await show();
    const scans = join(folder, 'data/objects/scans/recon');
    copyFileSync(join(scans, `${id}.json`), join(scans, 'foreign.json'));
    writeFileSync(join(scans, `${id}.json`), '{}');
    const problems = async () => {
      const { status, out } = await run(['campaign', 'check', '--json']);
      const { findings } = JSON.parse(out) as { findings: { problem: string; key: string }[] };
      return [status, ...findings.map(({ problem, key }) => `${problem} ${key.replace(id, 'ID')}`).sort()];
    };
    expect(await problems()).toEqual([
      1,
      'object_changed scans/recon/ID.json',
      'object_not_indexed scans/recon/foreign.json',
      'object_without_flag scans/recon/foreign.json',
    ]);
    await run(['campaign', 'check', '--index']);
    expect((await run(['scan', 'list'])).out).toContain('foreign');
    rmSync(join(scans, `${id}.json`));
    rmSync(join(scans, 'foreign.json'));
    expect(await problems()).toEqual([
      1,
      'flag_without_object scans/recon/ID.json',
      'index_without_object scans/recon/ID.json',
      'index_without_object scans/recon/foreign.json',
    ]);
  });

  it('are there over HTTP, too', async () => {
    const { folder, recon, run } = await withCampaign();
    await run(recon());
    const server = await startServing(folder);
    const call = async (method: string, path: string, body?: unknown, token = server.token()) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${server.url}/api/v1/${path}`, { method, headers, ...init });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const big = { ...RECON, intelligence: { ...RECON.intelligence, system_prompt_leak: ['x'.repeat(3e6)] } };
    expect(await call('POST', 'scans/recon/big', big)).toMatchObject({
      status: 200,
      body: { scan_id: 'big' },
    });
    expect((await call('GET', 'scans/recon/big')).body).toEqual(big);
    expect(await call('POST', 'scans/recon/bad', {})).toMatchObject({
      status: 422,
      body: { code: 'scan_invalid' },
    });
    expect(await call('GET', 'scans/recon/none')).toMatchObject({
      status: 404,
      body: { code: 'artifact_absent' },
    });
    const stage = 'campaigns/c/stages/garak';
    expect(await call('POST', stage, { state: 'complete', scan_id: 'none' })).toMatchObject({ status: 404 });
    expect(await call('POST', stage, { state: 'in_progress' })).toMatchObject({
      body: { status: 'in_progress' },
    });
    expect(await call('POST', 'campaigns/c/fail', { reason: 'r' })).toMatchObject({
      body: { status: 'failed' },
    });
    expect(await call('POST', 'campaigns', { name: 'A', target_url: 't', campaign_id: 'c' })).toMatchObject({
      status: 409,
    });
    const unauthorized = await fetch(`${server.url}/api/v1/campaigns/c/fail`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(unauthorized.status).toBe(401);
    const report = await (await fetch(`${server.url}/api/v1/campaigns/c/report`)).text();
    expect(report).toBe((await run(['campaign', 'report', 'c'])).out);
    expect(await call('DELETE', 'campaigns/c', {})).toMatchObject({ status: 200 });
    expect(await call('GET', 'campaigns/c')).toMatchObject({
      status: 404,
      body: { code: 'campaign_unknown' },
    });
  });
});

describe('an object storage that fails', () => {
  const bucket = async (interfere: Parameters<typeof startBetween>[1]) => {
    const s3rver = await startS3rver(join(temporaryFolder(), 's3'), 'audits');
    onTestFinished(() => s3rver.stop());
    const between = await startBetween(s3rver.endpoint, interfere);
    onTestFinished(() => between.stop());
    return {
      S3_BUCKET_NAME: 'audits',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: between.endpoint,
      AWS_ACCESS_KEY_ID: S3RVER_CREDENTIALS.id,
      AWS_SECRET_ACCESS_KEY: S3RVER_CREDENTIALS.secret,
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  };
  const isScan = (url = '') => url.includes('/scans/') && !url.includes('list-type');

  it.each([
    [
      'loses what it takes',
      (method: string, outgoing: ServerResponse) => {
        if (method !== 'PUT') return false;
        outgoing.writeHead(200, { etag: '"0"' }).end();
        return true;
      },
    ],
    [
      'changes what it takes',
      (method: string, _outgoing: unknown, body: Buffer) => {
        if (method === 'PUT') body[body.indexOf('helpful')] = 0x58;
        return false;
      },
    ],
  ])('and %s never has a flag', async (_name, interfere) => {
    const env = await bucket((incoming, outgoing, body) =>
      isScan(incoming.url) ? interfere(incoming.method!, outgoing, body) : false,
    );
    const { run, show, recon } = await withCampaign(env);
    const told = await run(recon());
    expect(told.status).toBe(1);
    expect(told.err).toMatch(/stage recon of campaign Audit failed: .*scans\/recon\//);
    expect(await show()).toMatchObject({ status: 'created', recon_complete: false });
    expect((await run(['scan', 'list', '--json'])).out).toContain('"scans": []');
  });

  it('that cannot be used is told of before the command starts', async () => {
    const env = await bucket(() => false);
    const { folder, run, show, recon } = await withCampaign({ ...env, S3_BUCKET_NAME: 'nowhere' });
    const told = await run(recon());
    expect([told.status, told.err]).toEqual([
      expect.any(Number),
      expect.stringContaining('there is no bucket nowhere'),
    ]);
    expect(told.status).not.toBe(0);
    expect(existsSync(join(folder, 'out.json'))).toBe(false);
    expect((await show()).status).toBe('created');
  });

  it('and says nothing is left alone at a signal', async () => {
    let child: ChildProcess | undefined;
    const env = await bucket((incoming) => {
      if (incoming.method !== 'PUT' || !isScan(incoming.url)) return false;
      child?.kill('SIGTERM');
      return true;
    });
    const { run, show, recon } = await withCampaign(env);
    const told = await run(recon(), (started) => {
      child = started;
    });
    expect([told.status, told.err]).toEqual([
      1,
      expect.stringContaining(
        'stage recon of campaign Audit failed: SIGTERM came before its result was stored',
      ),
    ]);
    expect(await show()).toMatchObject({
      recon_complete: false,
      stages: { recon: { in_progress: false, error: 'SIGTERM came before its result was stored' } },
    });
  });

  it('a wrapper that is killed between upload and flag leaves what re-running the stage completes', async () => {
    let child: ChildProcess | undefined;
    const env = await bucket((incoming, outgoing) => {
      if (child === undefined || incoming.method !== 'GET' || !isScan(incoming.url)) return false;
      // The object is stored, and is being read back.
      child.kill('SIGKILL');
      child = undefined;
      outgoing.destroy();
      return true;
    });
    const { run, show, recon } = await withCampaign(env);
    const killed = await run(recon(), (started) => {
      child = started;
    });
    expect(killed.status).toBe(137);
    expect(await show()).toMatchObject({ recon_complete: false, stages: { recon: { in_progress: true } } });
    const check = await run(['campaign', 'check', '--json']);
    const { findings } = JSON.parse(check.out) as { findings: { problem: string }[] };
    expect([check.status, findings.map(({ problem }) => problem).sort()]).toEqual([
      1,
      ['object_not_indexed', 'object_without_flag', 'stage_unfinished'],
    ]);
    // While the stage is being run again, it is nothing to look after; only the object still is.
    const again = recon();
    const during = `'${process.execPath}' '${BIN}' campaign check --json`;
    again[1] = `until ${during} >during.json; ! grep stage_unfinished during.json; do sleep 0.1; done; ${again[1]}`;
    expect((await run(again)).status).toBe(0);
    expect(await show()).toMatchObject({
      status: 'in_progress',
      recon_complete: true,
      stages: { recon: { in_progress: false, error: null } },
    });
    expect((await run(['campaign', 'check'])).status).toBe(0);
  });
});
