// Mistakes of the caller: one sentence, the right exit status, nothing started and nothing left behind.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectRefusal, fingerprint, shell } from '../support/shell.ts';
import { sqlite, temporaryFolder, wrapper } from '../support/wrapper.ts';

describe('is refused', () => {
  it.each([
    ['nothing at all', [], 2, /no agent/],
    ['no command', ['codex'], 2, /no command given for the agent codex/],
    ['no command but our flag', ['codex', '--enable-db'], 2, /no command given/],
    ['no command behind --', ['codex', '--'], 2, /no command given/],
    ['an empty command', ['codex', ''], 2, /no command given|empty/],
    ['no agent before --', ['--enable-db', '--', 'touch', 'started'], 2, /no agent/],
    ['an empty agent', ['', 'touch', 'started'], 2, /agent is empty/],
    ['an unknown option before the agent', ['--enable-bd', 'codex', 'touch started'], 2, /--enable-bd/],
    ['an unknown option before the command', ['codex', '--recrod', 'touch', 'started'], 2, /--recrod/],
    ['an option without its value', ['codex', 'touch started', '--db'], 2, /--db/],
    ['a flag with a value', ['--enable-db=yes', 'codex', 'touch', 'started'], 2, /--enable-db/],
    [
      'a size that is none',
      ['--max-recording', 'lots', 'codex', 'touch', 'started'],
      2,
      /max-recording.*lots/,
    ],
    [
      'a pattern file that does not exist',
      ['--patterns', 'none.yaml', 'a', 'touch', 'started'],
      2,
      /none\.yaml/,
    ],
    [
      'a folder as pattern file',
      ['--patterns', '.', 'a', 'touch', 'started'],
      2,
      /patterns|folder|directory/i,
    ],
    [
      'a configuration file that does not exist',
      ['--config', 'none.yaml', 'a', 'touch', 'started'],
      2,
      /none\.yaml/,
    ],
    ['a database below a file', ['--enable-db', '--db', 'plain/x.db', 'a', 'touch', 'started'], 125, /plain/],
    [
      'a database below /proc',
      ['--enable-db', '--db', '/proc/none/x.db', 'a', 'touch', 'started'],
      125,
      /proc/,
    ],
    ['an unknown session', ['show', 'sess_zzzzzzzzzzzz'], 3, /sess_zzzzzzzzzzzz/],
    ['an unknown option of a command', ['sessions', '--agnet', 'x'], 2, /--agnet/],
  ])('%s', async (_, args, status, says) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'plain'), 'a file\n');
    const before = fingerprint(cwd);
    expectRefusal(await wrapper(args, { cwd }), status, says);
    expect(fingerprint(cwd)).toEqual(before);
  });

  it.each([
    ['a variable', { WRAPPER_ENABLE_DB: 'maybe' }, /WRAPPER_ENABLE_DB.*maybe/],
    ['a size', { WRAPPER_MAX_RECORDING: '-1' }, /WRAPPER_MAX_RECORDING/],
  ])('%s of the environment that is wrong', async (_, env, says) => {
    const cwd = temporaryFolder();
    expectRefusal(await wrapper(['a', 'touch', 'started'], { cwd, env }), 2, says);
    expect(fingerprint(cwd)).toEqual({});
  });

  it('a configuration file that is wrong, with file and line', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'wrapper.config.yaml'), 'enableDb: true\nmaxRecordings: 3\n');
    const before = fingerprint(cwd);
    const found = await wrapper(['a', 'touch', 'started'], { cwd });
    expectRefusal(found, 2, /wrapper\.config\.yaml, line 2: .*maxRecordings/);
    expect(fingerprint(cwd)).toEqual(before);
  });
});

describe('is no reason not to run', () => {
  it.each(['/proc', '/nonexistent/home', ''])('the home %j, which cannot be written', async (HOME) => {
    const cwd = temporaryFolder();
    const env = { HOME, XDG_CONFIG_HOME: '' };
    const found = await wrapper(['a', 'echo error 1; exit 3', '--enable-db'], { cwd, env });
    expect(found.stdout.toString()).toBe('error 1\n');
    expect(found.stderr.toString()).toBe('');
    expect(found.status).toBe(3);
    expect(sqlite(cwd, 'SELECT COUNT(*) FROM extraction_events')).toEqual(['1']);
  });

  it('a closed stdin, stdout or stderr', async () => {
    const cwd = temporaryFolder();
    for (const closed of ['<&-', '>&-', '2>&-', '<&- >&- 2>&-']) {
      const script = `wrapper a --enable-db -- sh -c 'echo error 1 > seen; exit 3' ${closed}`;
      expect((await shell(script, { cwd })).status, closed).toBe(3);
      expect(fingerprint(cwd)['seen']).toBeDefined();
    }
  });
});
