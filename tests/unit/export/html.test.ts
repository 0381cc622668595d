// The html export as a text: whatever the session holds, it adds no markup and ends no script.

import { describe, expect, it } from 'vitest';
import { exported, ID, newDatabasePath, printedBlock, storeSession, withDatabase } from './sessions.ts';

const NASTY = '</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> " \' & \u2028';

/** Opening tags of the page, scripts and styles without their contents. */
function tagsOf(page: string): string[] {
  const outside = page.replace(/<(script|style)([^>]*)>[\s\S]*?<\/\1>/g, '<$1$2>');
  return [...outside.matchAll(/<([a-z][a-z0-9]*)/gi)].map((match) => match[1]!.toLowerCase());
}

const OURS =
  'html head meta title style body h1 code p strong dl dt dd div noscript section input span ol li button h2 pre details summary footer a script'.split(
    ' ',
  );

async function pageOf(text: string): Promise<string> {
  const dbPath = newDatabasePath();
  const { block, event } = printedBlock(`${text}\n${text}`, 2);
  storeSession(dbPath, {
    events: [{ originalLine: text, matchedValue: text, pattern: text }, event],
    blocks: [block],
    pieces: [{ stream: 'stdout', text: `${text}\n`, elapsedMs: 5 }],
  });
  withDatabase(dbPath, (database) =>
    database.write(() => {
      const set = 'command = ?, cwd = ?, agent_name = ?';
      database.prepare(`UPDATE process_sessions SET ${set} WHERE session_id = '${ID}'`).run(text, text, text);
      // What a column of numbers takes from a row that was written by hand.
      database
        .prepare(`UPDATE extraction_events SET elapsed_ms = ?, line_number = ?, risk_level = ?`)
        .run(text, text, text);
      database.prepare(`UPDATE process_sessions SET total_lines_processed = ?`).run(text);
    }),
  );
  return exported(dbPath, 'html');
}

describe('a page', () => {
  it('has the same markup whatever the session prints', async () => {
    const [plain, nasty] = [await pageOf('plain'), await pageOf(NASTY)];
    expect(tagsOf(nasty)).toEqual(tagsOf(plain));
    expect(tagsOf(nasty).filter((tag) => !OURS.includes(tag))).toEqual([]);
    const scripts = (page: string) => page.match(/<script/g)!.length;
    expect(scripts(nasty)).toBe(scripts(plain));
  });

  it('embeds the recording as data that is exactly what was recorded', async () => {
    const page = await pageOf(NASTY);
    const data = /<script type="application\/json" id="recording">([\s\S]*?)<\/script>/.exec(page)![1]!;
    expect(data).not.toMatch(/[<\u2028\u2029]/);
    const [header, ...events] = JSON.parse(data) as [{ version: number }, ...[number, string, string][]];
    expect(header.version).toBe(2);
    expect(events.map(([, , text]) => text)).toContain(`${NASTY}\r\n`);
  });

  it('lets nothing be loaded, and runs no other script', async () => {
    const page = await pageOf('plain');
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+' 'sha256-[^']+' 'wasm-unsafe-eval'; /,
    );
    expect(policy).not.toMatch(/connect-src|unsafe-eval'? |https?:|\*/);
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style'));
    expect(page).toContain('asciinema-player, © Marcin Kulik and contributors');
  });

  it('says what it leaves out', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, { events: Array.from({ length: 20_007 }, () => ({})) });
    const page = await exported(dbPath, 'html');
    expect(page.match(/<li id="e/g)).toHaveLength(20_000);
    expect(page).toContain('7 more events are not listed');
    expect(page).toContain('The recording is not in this file.');
  });
});
