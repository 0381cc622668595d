// The first promise: with or without the wrapper the same bytes on stdout and stderr and the same end.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BIN, bare, type Outcome, type RunOptions, temporaryFolder, wrapper } from '../support/wrapper.ts';

/** Both ways of wrapping are compared with the bare command: passing through only, and storing everything. */
const WAYS: readonly (readonly string[])[] = [['agent'], ['agent', '--enable-db']];

async function expectSame(argv: readonly string[], options: Omit<RunOptions, 'cwd'> = {}): Promise<Outcome> {
  const cwd = temporaryFolder();
  const expected = await bare(argv, { ...options, cwd });
  for (const way of WAYS) {
    const found = await wrapper([...way, '--', ...argv], { ...options, cwd });
    expect({ status: found.status, signal: found.signal }).toEqual({
      status: expected.status,
      signal: expected.signal,
    });
    expect(found.stdout.equals(expected.stdout), `stdout of ${argv.join(' ')}`).toBe(true);
    expect(found.stderr.toString()).toBe(expected.stderr.toString());
  }
  return expected;
}

const sh = (script: string): readonly string[] => ['sh', '-c', script];

describe('output', () => {
  it.each([
    ['echo', sh('echo hello; echo oops >&2')],
    ['no newline at the end', sh('printf abc')],
    ['nothing at all', sh(':')],
    ['slow, a character at a time', sh('for c in a b c d; do printf $c; sleep 0.05; done')],
    ['split UTF-8', sh("printf '\\342\\202'; sleep 0.05; printf '\\254 ok\\n'")],
    ['invalid UTF-8', sh("printf '\\377\\376\\300 bad \\200\\n'")],
    ['NUL bytes', sh("printf 'a\\000b\\000\\n'")],
    ['a spinner', sh("for i in 1 2 3 4 5; do printf '\\r- %s' $i; sleep 0.01; done; printf '\\rdone\\n'")],
    ['the alternate screen', sh("printf '\\033[?1049h\\033[2J\\033[5;5Hhi\\033[?1049l'")],
    ['the alternate screen left on', sh("printf '\\033[?1049h\\033[?25l'")],
    ['closed stdout', sh('exec >&-; echo still here >&2')],
    ['a secret', sh("echo 'token ghp_abcdefghijklmnopqrstuvwxyz0123456789'")],
    ['arguments that are no shell syntax', ['printf', '%s\\n', 'a b', '$HOME', '', '*', "it's"]],
  ])('%s', async (_, argv) => {
    await expectSame(argv);
  });

  it('a flood of 200 MB', async () => {
    const found = await expectSame(
      sh('yes "0123456789 a line of a flood that matches nothing" | head -c 200000000'),
    );
    expect(found.stdout.length).toBe(200_000_000);
  }, 180_000);

  it('any bytes in any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 4000 }), { minLength: 1, maxLength: 6 }),
        async (chunks) => {
          const cwd = temporaryFolder();
          const script = chunks.map((chunk, index) => {
            writeFileSync(join(cwd, `part-${index}`), chunk);
            return `cat part-${index}${index % 2 === 1 ? ' >&2' : ''}`;
          });
          const argv = sh(script.join('; '));
          const expected = await bare(argv, { cwd });
          const found = await wrapper(['agent', '--enable-db', '--', ...argv], { cwd });
          expect(found.stdout.equals(expected.stdout)).toBe(true);
          expect(found.stderr.equals(expected.stderr)).toBe(true);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('pipes', () => {
  it('can be opened again through /dev/stdout and /dev/stderr', async () => {
    const cwd = temporaryFolder();
    const script = 'echo out > /dev/stdout; echo err > /dev/stderr';
    const run = (command: string) =>
      bare(['bash', '-c', `${command} 2> err.txt | cat; cat err.txt >&2`], { cwd });
    const expected = await run(`sh -c '${script}'`);
    expect(expected.stdout.toString()).toBe('out\n');
    expect(await run(`"${process.execPath}" "${BIN}" agent --enable-db -- sh -c '${script}'`)).toEqual(
      expected,
    );
  });
});

describe('the order of stdout and stderr', () => {
  it('is kept when the caller sends both to one file', async () => {
    const cwd = temporaryFolder();
    const script = 'i=0; while [ $i -lt 200 ]; do echo out$i; echo err$i >&2; i=$((i+1)); done';
    writeFileSync(join(cwd, 'script.sh'), script);
    const run = (command: string) => bare(sh(`${command} > both.txt 2>&1; cat both.txt`), { cwd });
    const expected = await run('sh script.sh');
    const found = await wrapper(['agent', '--enable-db', '--', 'true'], { cwd });
    expect(found.status).toBe(0);
    const wrapped = await run(`"${process.execPath}" "${BIN}" agent --enable-db sh script.sh`);
    expect(wrapped.stdout.toString()).toBe(expected.stdout.toString());
  });
});

describe('exit status', () => {
  it.each([0, 1, 7, 126, 127, 255])('%i', async (code) => {
    expect((await expectSame(sh(`exit ${code}`))).status).toBe(code);
  });

  it.each(['HUP', 'INT', 'QUIT', 'ABRT', 'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE', 'ALRM', 'TERM', 'XCPU'])(
    'death by SIG%s',
    async (name) => {
      const cwd = temporaryFolder();
      const argv = sh(`ulimit -c 0; kill -${name} $$`);
      const expected = await bare(argv, { cwd });
      const found = await wrapper(['agent', '--enable-db', '--', ...argv], { cwd });
      expect(found.status).toBe(expected.status);
      expect(found.stdout.toString()).toBe('');
    },
  );

  it('is 127 for a missing command and 126 for one that cannot be executed', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'plain'), 'text', { mode: 0o644 });
    const missing = await wrapper(['agent', '--', 'no-such-command-here'], { cwd });
    expect(missing.status).toBe(127);
    expect(missing.stderr.toString()).toMatch(/^wrapper: no-such-command-here: command not found\n/);
    const plain = await wrapper(['agent', '--', './plain'], { cwd });
    expect(plain.status).toBe(126);
    expect((await wrapper(['agent', '--', '/'], { cwd })).status).toBe(126);
  });
});

describe('input', () => {
  it('100 MB through stdin', async () => {
    const input = Buffer.alloc(100_000_000);
    for (let i = 0; i < input.length; i += 4) input.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, i);
    const cwd = temporaryFolder();
    const found = await wrapper(['agent', '--enable-db', '--no-record', '--', 'sha256sum'], { cwd, input });
    const expected = await bare(['sha256sum'], { cwd, input });
    expect(found.stdout.toString()).toBe(expected.stdout.toString());
  }, 120_000);

  it('echoes binary input, and recording it changes nothing', async () => {
    const input = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) & 255));
    await expectSame(['cat'], { input });
    const cwd = temporaryFolder();
    const found = await wrapper(['agent', '--enable-db', '--record-input', '--', 'cat'], { cwd, input });
    expect(found.stdout.equals(input)).toBe(true);
    expect(found.status).toBe(0);
  });

  it('a child that stops reading its input', async () => {
    await expectSame(['head', '-c', '5'], { input: Buffer.alloc(1_000_000, 'x') });
  });

  it('a child that never reads it', async () => {
    await expectSame(['true'], { input: Buffer.alloc(1_000_000, 'x') });
  });
});

describe('the reader of stdout goes away', () => {
  it('the child gets SIGPIPE, as in a plain pipeline', async () => {
    const cwd = temporaryFolder();
    const bin = BIN;
    const pipeline = (command: string) =>
      bare(['bash', '-c', `${command} | head -1; echo "\${PIPESTATUS[0]}"`], { cwd });
    const expected = await pipeline('yes');
    for (const way of WAYS) {
      const found = await pipeline(`"${process.execPath}" "${bin}" ${way.join(' ')} yes`);
      expect(found.stdout.toString()).toBe(expected.stdout.toString());
      expect(found.stderr.toString()).toBe('');
    }
  });

  it('goes on with stderr and keeps the status', async () => {
    const cwd = temporaryFolder();
    const bin = BIN;
    const script = 'trap "" PIPE; yes 2>/dev/null; echo on stderr >&2; exit 5';
    const command = `"${process.execPath}" "${bin}" agent -- sh -c '${script}' | head -1; echo "\${PIPESTATUS[0]}"`;
    const found = await bare(['bash', '-c', command], { cwd });
    expect(found.stdout.toString()).toBe('y\n5\n');
    expect(found.stderr.toString()).toBe('on stderr\n');
  });
});

describe('what is left behind', () => {
  it('does not keep the wrapper from ending, and can still write', async () => {
    const cwd = temporaryFolder();
    const argv = sh('(sleep 0.4; echo late) & echo now');
    const found = await expectSame(argv);
    expect(found.stdout.toString()).toBe('now\nlate\n');
    const out = join(cwd, 'out.txt');
    const bin = BIN;
    const script = `"${process.execPath}" "${bin}" agent -- sh -c 'sleep 30 & echo $!' > "${out}"; kill "$(cat "${out}")"`;
    expect((await bare(['bash', '-c', script], { cwd })).status).toBe(0);
  });
});

describe('signals', () => {
  it('reach the child, which may handle them and go on', async () => {
    const cwd = temporaryFolder();
    const script = 'trap "echo caught; exit 9" TERM; echo ready; while :; do sleep 0.05; done';
    const found = await wrapper(['agent', '--enable-db', '--', ...sh(script)], {
      cwd,
      onStart: (child) => child.stdout?.once('data', () => child.kill('SIGTERM')),
    });
    expect(found.stdout.toString()).toBe('ready\ncaught\n');
    expect(found.status).toBe(9);
  });

  it('that kill the child end the wrapper in the same way', async () => {
    const cwd = temporaryFolder();
    const found = await wrapper(['agent', '--enable-db', '--', ...sh('echo ready; exec sleep 30')], {
      cwd,
      onStart: (child) => child.stdout?.once('data', () => child.kill('SIGINT')),
    });
    expect(found.signal).toBe('SIGINT');
  });

  it('that nohup ignores are ignored by the child', async () => {
    const cwd = temporaryFolder();
    const bin = BIN;
    const inner = 'kill -HUP $$; echo survived';
    const command = `nohup "${process.execPath}" "${bin}" agent -- sh -c '${inner}'`;
    const found = await bare(['bash', '-c', command], { cwd });
    expect(found.stdout.toString()).toBe('survived\n');
  });
});

describe('where it runs', () => {
  it('may be a folder that has been deleted', async () => {
    const cwd = temporaryFolder();
    const script = `mkdir gone; cd gone; rmdir ../gone; "${process.execPath}" "${BIN}" agent -- echo hi`;
    const found = await bare(['bash', '-c', script], { cwd });
    expect([found.stdout.toString(), found.stderr.toString(), found.status]).toEqual(['hi\n', '', 0]);
  });

  it('may be under nohup, which outlives a hang-up', async () => {
    const cwd = temporaryFolder();
    const child = 'touch started; until [ -e go ]; do sleep 0.05; done; echo survived';
    const script = `nohup "${process.execPath}" "${BIN}" agent --enable-db -- sh -c '${child}' & p=$!
      until [ -e started ]; do sleep 0.05; done; kill -HUP $p; sleep 0.2; touch go; wait $p; echo $?`;
    const found = await bare(['bash', '-c', script], { cwd });
    expect(found.stdout.toString()).toBe('survived\n0\n');
  });

  it('says when its output cannot be written, and does not end as if all were well', async () => {
    const cwd = temporaryFolder();
    const command = `"${process.execPath}" "${BIN}" agent -- sh -c 'echo a' > /dev/full`;
    const found = await bare(['bash', '-c', command], { cwd });
    expect(found.status).toBe(1);
    expect(found.stderr.toString()).toMatch(/^wrapper: the output could not be passed on in full: ENOSPC/);
  });
});

describe('environment', () => {
  it('differs by the marker of a stored session and by nothing else', async () => {
    const cwd = temporaryFolder();
    const lines = (outcome: Outcome) => outcome.stdout.toString().split('\n').sort();
    const expected = lines(await bare(['env'], { cwd }));
    expect(lines(await wrapper(['agent', '--', 'env'], { cwd }))).toEqual(expected);
    const stored = lines(await wrapper(['agent', '--enable-db', '--', 'env'], { cwd }));
    const marker = stored.filter((line) => line.startsWith('WRAPPER_SESSION_ID=sess_'));
    expect(marker).toHaveLength(1);
    expect(stored.filter((line) => !line.startsWith('WRAPPER_SESSION_ID='))).toEqual(expected);
  });
});
