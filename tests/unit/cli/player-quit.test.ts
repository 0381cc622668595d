// What a player still writes when it has been quit: nothing.

import { readdirSync, readlinkSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openMaterial } from '../../../src/api/replay/material.ts';
import { Replay, realTime } from '../../../src/api/replay/replay.ts';
import { ReplaySource } from '../../../src/api/replay/source.ts';
import type { CommandContext } from '../../../src/cli/command.ts';
import { Player } from '../../../src/cli/player/player.ts';
import { newSample, SESSION_ID } from '../replay/sample-session.ts';

const LINES = 60_000;

function isOpen(path: string): boolean {
  return readdirSync('/proc/self/fd').some((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) === path;
    } catch {
      return false; // closed meanwhile
    }
  });
}

describe('a player that is quit while it searches', () => {
  it('ends the search and leaves the terminal alone', async () => {
    const sample = newSample();
    for (let line = 0; line < LINES; line++) {
      sample.recording!.append('pty', Buffer.from(`line ${line} ${'x'.repeat(60)}\r\n`), line);
    }
    sample.end(LINES);
    const stores = () => sample.stores;
    const material = openMaterial(sample.stores, SESSION_ID);
    const path = material.recording!.path;
    const replay = new Replay({
      id: 'local',
      source: new ReplaySource(material, stores, { output: true, follow: false }),
      stores,
      speed: 0.1,
      idleLimitMs: null,
      output: true,
      follow: false,
      lingers: true,
      resumed: false,
      idleTimeoutMs: 60_000,
      time: realTime,
    });
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    let written = '';
    stdout.on('data', (chunk: Buffer) => {
      written += chunk.toString();
    });
    const context = { stdin, stdout, stderr: stdout, env: {} } as unknown as CommandContext;
    const played = new Player({ replay, context, recording: path }).run();
    await expect.poll(() => written).toContain('line 0');
    stdin.write('/nowhere\rq');
    await played;
    await expect.poll(() => isOpen(path)).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toMatch(/\x1b\[\?1049l$/);
  });
});
