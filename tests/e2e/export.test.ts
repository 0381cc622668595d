// The built binary exports and imports: files that other programs open, and files that are whole or not there.

import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecording, textOf } from '../support/recording.ts';
import { bare, sqlite, temporaryFolder, until, wrapper } from '../support/wrapper.ts';

const CASTS = fileURLToPath(new URL('../fixtures/casts', import.meta.url));
const CHROMIUM = '/usr/bin/chromium';
const SECRET = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
const SCRIPT = `
printf 'first line\\n'
printf 'error: <script>alert(1)</script> went wrong\\n' >&2
printf '\`\`\`js\\nconst x = "</script><!--";\\n\`\`\`\\n'
sleep 0.4
printf '\\033[2J\\033[Hkey ${SECRET}\\n'
printf 'FAILED tests/test_a.py::test_b - assert 1 == 2\\n'
sleep 0.4
printf 'the very last line\\n'
exit 3
`;

/** Runs in the page: loads a recording into a second player, goes to its end and tells what is there. */
const PLAY_TO_THE_END = `async (data) => {
  const place = document.body.appendChild(document.createElement('div'));
  const player = AsciinemaPlayer.create({ data }, place, { preload: true });
  await player.seek('100%');
  const duration = await player.getDuration();
  for (let left = 200; left > 0 && !place.innerText.includes('last line'); left--) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { duration, text: place.innerText };
}`;

/** A folder with one recorded session. */
async function recorded(script = SCRIPT): Promise<string> {
  const cwd = temporaryFolder();
  const run = await wrapper(['codex', '--enable-db', '--no-serve', 'sh', '-c', script], { cwd });
  expect(existsSync(join(cwd, 'data/wrapper.db')), run.stderr.toString()).toBe(true);
  return cwd;
}

/** A folder with an imported session whose recording is some 24 MB long. */
async function recordedLong(): Promise<string> {
  const cwd = temporaryFolder();
  const line = JSON.stringify(`${'all work and no play '.repeat(200)}\r\n`);
  const events = Array.from({ length: 6000 }, (_, index) => `[${index / 100},"o",${line}]`);
  writeFileSync(join(cwd, 'long.cast'), `{"version":2,"width":80,"height":24}\n${events.join('\n')}\n`);
  const { status, stderr } = await wrapper(['import', 'long.cast'], { cwd });
  expect(status, stderr.toString()).toBe(0);
  return cwd;
}

describe('wrapper export', () => {
  it('writes every format, to stdout and into a private file, with the same bytes', async () => {
    const cwd = await recorded();
    for (const format of ['har', 'cast', 'cast3', 'json', 'jsonl', 'csv', 'md', 'html', 'txt']) {
      const direct = await wrapper(['export', 'last', '--format', format], { cwd });
      expect([format, direct.status, direct.stderr.toString()]).toEqual([format, 0, '']);
      const named = await wrapper(['export', 'last', '--format', format, '-o', `out.${format}`], { cwd });
      expect([format, named.status, named.stdout.length]).toEqual([format, 0, 0]);
      expect(readFileSync(join(cwd, `out.${format}`)).equals(direct.stdout)).toBe(true);
      expect(statSync(join(cwd, `out.${format}`)).mode & 0o777).toBe(0o600);
      const text = direct.stdout.toString();
      expect(text).not.toContain(SECRET);
      if (!['html', 'md'].includes(format)) expect(text).toContain('[REDACTED:github_token]');
      // Nothing of the session is obeyed by a terminal.
      const ofSession = text.replaceAll(/<script>[\s\S]*?<\/script>/g, '');
      expect(ofSession.replaceAll('\r\n', '\n')).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    }
  });

  it('takes the format from the name of the file, and the name from the session in a folder', async () => {
    const cwd = await recorded();
    expect((await wrapper(['export', 'last', '-o', 'report.md'], { cwd })).status).toBe(0);
    expect(readFileSync(join(cwd, 'report.md'), 'utf8')).toMatch(/^# Session/);
    expect((await wrapper(['export', 'last', '--format', 'csv', '-o', '.'], { cwd })).status).toBe(0);
    expect(readdirSync(cwd).filter((name) => /^sess_[0-9a-z]{12}\.csv$/.test(name))).toHaveLength(1);
  });

  it('overwrites a file only when it is told to, and never a folder or a device', async () => {
    const cwd = await recorded();
    writeFileSync(join(cwd, 'mine.json'), 'mine');
    const refused = await wrapper(['export', 'last', '-o', 'mine.json'], { cwd });
    expect([refused.status, refused.stderr.toString()]).toEqual([
      2,
      expect.stringMatching(/mine\.json exists\n {2}Give --force/),
    ]);
    expect(readFileSync(join(cwd, 'mine.json'), 'utf8')).toBe('mine');
    expect((await wrapper(['export', 'last', '-o', 'mine.json', '--force'], { cwd })).status).toBe(0);
    expect(readFileSync(join(cwd, 'mine.json'), 'utf8')).toMatch(/^\{/);
    const device = await wrapper(['export', 'last', '--format', 'json', '-o', '/dev/null', '--force'], {
      cwd,
    });
    expect(device.status).toBe(1);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('says what it cannot do', async () => {
    const cwd = await recorded();
    for (const [args, status, message] of [
      [
        ['export', 'last', '--format', 'jsn'],
        2,
        /unknown format "jsn"\n {2}Did you mean json\? The formats are har, cast/,
      ],
      [['export', 'last'], 2, /give --format\n {2}The formats are/],
      [
        ['export', 'last', '--format', 'txt', '--no-recording'],
        2,
        /--no-recording does not go with the format txt\n {2}There is nothing but the recording in txt/,
      ],
      [['export', 'last', '-o', 'x.cast', '--no-recording'], 2, /does not go with the format cast/],
      [['export', 'zzzzzz', '--format', 'json'], 3, /no session zzzzzz/],
      [
        ['export', 'last', '-o', 'no/such/folder/x.json'],
        2,
        /cannot be written: there is no folder \S+\/no\/such\/folder\n/,
      ],
    ] as const) {
      const outcome = await wrapper(args, { cwd });
      expect([args.join(' '), outcome.status]).toEqual([args.join(' '), status]);
      expect(outcome.stderr.toString()).toMatch(message);
      expect(outcome.stdout.toString()).toBe('');
    }
  });

  it('exports a session that is running, up to where it is', async () => {
    const cwd = temporaryFolder();
    const script = 'i=0; while :; do i=$((i+1)); echo "error: number $i"; sleep 0.005; done';
    let child: { kill(signal: NodeJS.Signals): boolean } | undefined;
    const running = wrapper(['--enable-db', '--no-serve', 'codex', 'sh', '-c', script], {
      cwd,
      onStart: (started) => {
        started.stdout?.resume();
        child = started;
      },
    });
    for (let stored = ''; stored === ''; ) {
      stored = (await wrapper(['events', '--jsonl', '--limit', '1'], { cwd })).stdout.toString();
    }
    const document = await wrapper(['export', 'last', '--format', 'json', '--no-recording'], { cwd });
    expect(document.status, document.stderr.toString()).toBe(0);
    const { session, events } = JSON.parse(document.stdout.toString());
    expect(session).toMatchObject({ ended_at: null, exit_code: null });
    expect(events.length).toBeGreaterThan(0);
    for (const format of ['cast', 'html', 'md', 'har', 'csv', 'txt', 'jsonl']) {
      const outcome = await wrapper(['export', 'last', '--format', format, '-o', `out.${format}`], { cwd });
      expect([format, outcome.status]).toEqual([format, 0]);
    }
    child!.kill('SIGTERM');
    await running;
    const whole = parseRecording(join(cwd, 'out.cast'));
    expect(textOf(whole, 'o')).toMatch(/^error: number 1\r\n/);
    const last = readFileSync(join(cwd, 'out.jsonl'), 'utf8').trimEnd().split('\n').at(-1)!;
    expect(JSON.parse(last)).toMatchObject({ type: 'end' });
  });

  it('ends quietly when its reader has seen enough', async () => {
    const cwd = await recordedLong();
    const command = `"${process.execPath}" "${fileURLToPath(new URL('../../bin/wrapper.cjs', import.meta.url))}"`;
    const head = await bare(
      ['bash', '-c', `set -o pipefail; ${command} export last --format txt | head -1`],
      { cwd },
    );
    expect([head.status, head.stderr.toString()]).toEqual([0, '']);
    expect(head.stdout.toString()).toMatch(/^all work/);
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'leaves no half file behind after %s',
    async (signal) => {
      const cwd = await recordedLong();
      const before = readdirSync(cwd);
      let child: { kill(signal: NodeJS.Signals): boolean } | undefined;
      const running = wrapper(['export', 'last', '-o', 'out.json'], {
        cwd,
        onStart: (started) => {
          child = started;
        },
      });
      const unfinished = () => readdirSync(cwd).filter((name) => !before.includes(name));
      await until('the export has begun', () =>
        unfinished().some((name) => name.endsWith('.part') && statSync(join(cwd, name)).size > 0),
      );
      child!.kill(signal);
      expect((await running).signal).toBe(signal);
      expect(existsSync(join(cwd, 'out.json'))).toBe(false);
      if (signal !== 'SIGKILL') expect(unfinished()).toEqual([]);
    },
  );
});

describe('wrapper import', () => {
  it('takes back what was exported, into another database, and says so', async () => {
    const cwd = await recorded();
    for (const format of ['json', 'jsonl', 'cast']) {
      const first = await wrapper(['export', 'last', '--format', format, '-o', `one.${format}`], { cwd });
      expect(first.status).toBe(0);
      const other = ['--db', `other-${format}/x.db`];
      const taken = await wrapper(['import', `one.${format}`, '--json', ...other], { cwd });
      expect([format, taken.status, taken.stderr.toString()]).toEqual([format, 0, '']);
      expect(JSON.parse(taken.stdout.toString())).toMatchObject({
        imported: [{ agent_name: 'codex', format, replaced: false, code_blocks: 1 }],
        failed: [],
      });
      const again = await wrapper(['export', 'last', '--format', format, ...other], { cwd });
      expect(again.stdout.equals(readFileSync(join(cwd, `one.${format}`)))).toBe(true);
    }
  });

  it('refuses what is there, what is wrong and what is absent, and takes the rest', async () => {
    const cwd = await recorded();
    await wrapper(['export', 'last', '-o', 'one.json'], { cwd });
    writeFileSync(join(cwd, 'wrong.txt'), 'hello\n');
    const files = ['one.json', 'wrong.txt', 'absent.json', join(CASTS, 'player-resizing.cast')];
    const { status, stdout, stderr } = await wrapper(['import', ...files, '--agent', 'claude'], { cwd });
    expect(status).toBe(2);
    expect(stdout.toString()).toMatch(
      /^\w{6} {2}claude {2}imported: 0 events, 0 code blocks, recording of \d+ B\n$/,
    );
    expect(stderr.toString()).toMatch(/is stored already\n {2}Give --replace/);
    expect(stderr.toString()).toMatch(/wrong\.txt is neither an export of the wrapper nor an asciicast/);
    expect(stderr.toString()).toMatch(/absent\.json cannot be read/);
    expect(sqlite(cwd, 'SELECT count(*) FROM process_sessions')).toEqual(['2']);
    expect((await wrapper(['import', 'one.json', '--replace'], { cwd })).stdout.toString()).toMatch(
      /replaced: /,
    );
  });

  it('leaves nothing behind when it is killed', async () => {
    const cwd = await recordedLong();
    expect((await wrapper(['export', 'last', '-o', 'long.json'], { cwd })).status).toBe(0);
    let child: { kill(signal: NodeJS.Signals): boolean } | undefined;
    const running = wrapper(['import', 'long.json', '--db', 'other/x.db'], {
      cwd,
      onStart: (started) => {
        child = started;
      },
    });
    const folder = join(cwd, 'other/sessions');
    await until('the import has begun', () => existsSync(folder) && readdirSync(folder).length > 0);
    child!.kill('SIGKILL');
    await running;
    expect(readdirSync(folder).filter((name) => name.endsWith('.cast'))).toEqual([]);
    expect(sqlite(cwd, 'SELECT count(*) FROM process_sessions', 'other/x.db')).toEqual(['0']);
    expect((await wrapper(['import', 'long.json', '--db', 'other/x.db'], { cwd })).status).toBe(0);
    expect(sqlite(cwd, 'SELECT count(*) FROM process_sessions', 'other/x.db')).toEqual(['1']);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('a cast', () => {
  it.each(['azure-capi-v2.cast', 'claude-code-v3.cast', 'player-markers-input.cast', 'player-resizing.cast'])(
    'made of %s is played by asciinema',
    async (name) => {
      const cwd = temporaryFolder();
      expect((await wrapper(['import', join(CASTS, name)], { cwd })).status).toBe(0);
      expect((await wrapper(['export', 'last', '-o', 'out.cast'], { cwd })).status).toBe(0);
      const played = await bare(['asciinema', 'play', '--speed', '10000', 'out.cast'], { cwd });
      expect([played.status, played.stderr.toString()]).toEqual([0, '']);
      expect(played.stdout.toString()).toBe(textOf(parseRecording(join(cwd, 'out.cast')), 'o'));
    },
  );
});

describe('memory', () => {
  it('stays flat while a large session is exported in every format and imported', async () => {
    const cwd = await recordedLong();
    const insert = `INSERT INTO extraction_events (agent_name, session_id, timestamp, event_type, pattern, original_line,
        seq, elapsed_ms) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80000)
      SELECT 'imported', (SELECT session_id FROM process_sessions), '2026-02-10T10:30:00.000Z', 'warning', 'p' || i % 7,
        'Warning: something of the kind that tools print, number ' || i, i, i FROM n`;
    sqlite(cwd, insert);
    // A third of what the session takes, and enough for the program itself.
    const env = { NODE_OPTIONS: '--max-old-space-size=48' };
    for (const format of ['har', 'cast', 'cast3', 'json', 'jsonl', 'csv', 'md', 'html', 'txt']) {
      const outcome = await wrapper(['export', 'last', '--format', format, '-o', `out.${format}`], {
        cwd,
        env,
      });
      expect([format, outcome.status, outcome.stderr.toString()]).toEqual([
        format,
        0,
        expect.stringMatching(/^Wrote [0-9.]+ (KiB|MiB) to /),
      ]);
    }
    expect(statSync(join(cwd, 'out.json')).size).toBeGreaterThan(45_000_000);
    const taken = await wrapper(['import', 'out.json', '--db', 'other/x.db'], { cwd, env });
    expect([taken.status, taken.stderr.toString()]).toEqual([0, '']);
    expect(sqlite(cwd, 'SELECT count(*) FROM extraction_events', 'other/x.db')).toEqual(['80000']);
  }, 180_000);
});

describe('an exported page', () => {
  let browser: Browser;

  beforeAll(async () => {
    // Absent is an error and not a reason to skip: apt-get install chromium.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  async function open(path: string, javaScriptEnabled = true) {
    const context = await browser.newContext({ offline: true, javaScriptEnabled });
    const page = await context.newPage();
    const requests: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('dialog', (dialog) => problems.push(dialog.message()));
    await page.goto(`file://${path}`);
    return { page, requests, problems };
  }

  it('replays in a browser without a network, and jumps to the moment of an event', async () => {
    const cwd = await recorded();
    await wrapper(['export', 'last', '-o', 'page.html'], { cwd });
    const { page, requests, problems } = await open(join(cwd, 'page.html'));
    const screen = page.locator('#player');
    const error = page.locator('.events li', { hasText: 'went wrong' });
    await error.locator('button').click();
    await expect.poll(() => screen.innerText()).toContain('<script>alert(1)</script> went wrong');
    expect(await screen.innerText()).not.toContain('FAILED');
    const failure = page.locator('.events li', { hasText: 'test_b' });
    await failure.locator('button').click();
    await expect.poll(() => screen.innerText()).toContain('FAILED tests/test_a.py::test_b');
    const shown = await screen.innerText();
    // The screen was cleared in between, and the end has not come yet.
    expect(shown).not.toContain('first line');
    expect(shown).not.toContain('the very last line');
    expect(shown).toContain('[REDACTED:github_token]');
    expect(await failure.getAttribute('data-now')).not.toBeNull();
    await error.locator('button').click();
    await expect.poll(() => screen.innerText()).toContain('first line');

    await page.locator('#search').fill('TEST_B failed');
    expect(await page.locator('.events li:visible').count()).toBe(1);
    expect(await page.locator('#shown').innerText()).toMatch(/^1 of \d+$/);

    await page.keyboard.press('Escape');
    await page.locator('#player').click();
    await expect.poll(() => screen.innerText(), { timeout: 20_000 }).toContain('the very last line');
    expect(requests).toEqual([`file://${join(cwd, 'page.html')}`]);
    expect(problems).toEqual([]);

    // The address of an event opens at its moment.
    const number = await failure.getAttribute('id');
    const direct = await open(join(cwd, `page.html#${number}`));
    await expect
      .poll(() => direct.page.locator('#player').innerText())
      .toContain('FAILED tests/test_a.py::test_b');
    expect(await direct.page.locator(`#${number}`).getAttribute('data-now')).not.toBeNull();
    expect(direct.problems).toEqual([]);
  });

  it('can be read without scripts', async () => {
    const cwd = await recorded();
    await wrapper(['export', 'last', '-o', 'page.html'], { cwd });
    const { page, problems } = await open(join(cwd, 'page.html'), false);
    const text = await page.locator('body').innerText();
    expect(text).toContain('failed (exit status 3)');
    expect(text).toContain('error: <script>alert(1)</script> went wrong');
    expect(text).toContain('const x = "</script><!--";');
    expect(text).toContain('The replay needs JavaScript');
    await page.locator('summary').click();
    expect(await page.locator('details pre').innerText()).toContain('the very last line');
    expect(await page.locator('.search').isVisible()).toBe(false);
    expect(problems).toEqual([]);
  });

  it.each(['azure-capi-v2.cast', 'claude-code-v3.cast', 'player-markers-input.cast', 'player-resizing.cast'])(
    'of %s loads its recording',
    async (name) => {
      const cwd = temporaryFolder();
      await wrapper(['import', join(CASTS, name)], { cwd });
      await wrapper(['export', 'last', '-o', 'page.html'], { cwd });
      const { page, problems } = await open(join(cwd, 'page.html'));
      await page.locator('#player').click();
      await expect.poll(() => page.locator('#player').innerText()).toMatch(/\w/);
      expect(problems).toEqual([]);
    },
  );

  it('has a player that takes version 3, too', async () => {
    const cwd = await recorded();
    await wrapper(['export', 'last', '-o', 'page.html'], { cwd });
    const three = (await wrapper(['export', 'last', '--format', 'cast3'], { cwd })).stdout.toString();
    const { page } = await open(join(cwd, 'page.html'));
    const facts = (await page.evaluate(`(${PLAY_TO_THE_END})(${JSON.stringify(three)})`)) as {
      duration: number;
      text: string;
    };
    expect(facts.text).toContain('the very last line');
    const { events } = parseRecording(sqlite(cwd, 'SELECT stdout_log_path FROM process_sessions')[0]!);
    expect(facts.duration).toBeGreaterThanOrEqual(events.at(-1)![0] - 0.001);
    expect(facts.duration).toBeLessThan(events.at(-1)![0] + 0.1);
  });

  it('is refused for a recording that no browser could hold', async () => {
    const cwd = await recordedLong();
    const [path] = sqlite(cwd, 'SELECT stdout_log_path FROM process_sessions');
    truncateSync(path!, 65 * 1024 * 1024);
    const outcome = await wrapper(['export', 'last', '-o', 'page.html'], { cwd });
    expect([outcome.status, outcome.stderr.toString()]).toEqual([
      1,
      expect.stringMatching(
        /a recording of 65 MiB; 64 MiB is the most\n {2}Leave the recording out with --no-recording/,
      ),
    ]);
    expect(readdirSync(cwd).filter((file) => file.includes('page'))).toEqual([]);
    expect((await wrapper(['export', 'last', '-o', 'page.html', '--no-recording'], { cwd })).status).toBe(0);
  });
});
