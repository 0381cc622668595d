// Replays against a clock of the test's own: what is sent, in which order, and when.

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openMaterial } from '../../../src/api/replay/material.ts';
import { parsePlaceId } from '../../../src/api/replay/place.ts';
import { ReplayRegistry, type ReplayRequest } from '../../../src/api/replay/registry.ts';
import type { SentMessage } from '../../../src/api/replay/replay.ts';
import { replayMessageSchema } from '../../../src/model/wire-replay.ts';
import { FakeTime, newSample, noting, type Sample, SESSION_ID } from './sample-session.ts';

const REQUEST: ReplayRequest = {
  sessionId: SESSION_ID,
  speed: 1,
  idleLimitMs: null,
  output: true,
  follow: false,
  lingers: false,
};

function registryOf(sample: Sample, options: { idleTimeoutMs?: number; most?: number } = {}) {
  const time = new FakeTime();
  return { time, registry: new ReplayRegistry(() => sample.stores, { time, ...options }) };
}

/** A session of ten seconds with a line, an event in it, and a silence between them. */
function tenSeconds(): Sample {
  const sample = newSample();
  for (let second = 1; second <= 9; second++) {
    sample.recording!.append('pty', Buffer.from(`line ${second}\r\n`), second * 1000 + 0.4);
    sample.event(second, second * 1000 + 0.4);
  }
  sample.end(10_000);
  return sample;
}

async function playAll(sample: Sample, request: Partial<ReplayRequest> = {}) {
  const { time, registry } = registryOf(sample);
  const replay = registry.open({ ...REQUEST, ...request });
  const heard = noting(time);
  const done = replay.play(heard.sink);
  await time.advance(10_000_000);
  await done;
  expect(time.timers).toBe(0);
  return heard;
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('a replay', () => {
  it('sends everything in order, begin and end included, each message as documented', async () => {
    const heard = await playAll(tenSeconds());
    const types = heard.types();
    expect(types.slice(0, 5)).toEqual([
      'session_start',
      'state_change',
      'state_change',
      'output',
      'extraction',
    ]);
    expect(types.slice(-2)).toEqual(['state_change', 'replay_complete']);
    expect(heard.last()).toMatchObject({ reason: 'end', extractions: 9, state_changes: 3, outputs: 9 });
    for (const { sent } of heard.notes) replayMessageSchema.parse(sent.message);
    const offsets = heard.timed().map(({ offset }) => offset);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  });

  it.each([0.1, 0.5, 1, 2, 5, 100])('has the spacing of the session at %s ×', async (speed) => {
    const heard = await playAll(tenSeconds(), { speed });
    for (const { at, offset } of heard.timed()) {
      // Never early, and as late as a timer that counts in milliseconds.
      expect(at).toBeGreaterThanOrEqual(offset / speed - 0.5);
      expect(at).toBeLessThanOrEqual(offset / speed + 1.5);
    }
  });

  it('puts an event behind the output that it was found in', async () => {
    const messages = (await playAll(tenSeconds())).notes.map(({ sent }) => sent.message);
    for (let seq = 1; seq <= 9; seq++) {
      const output = messages.findIndex((it) => it.type === 'output' && it.data === `line ${seq}\r\n`);
      expect(messages[output + 1]).toMatchObject({ type: 'extraction', seq });
    }
  });

  it('waits no longer than the limit when nothing happens', async () => {
    const heard = await playAll(tenSeconds(), { idleLimitMs: 250 });
    const outputs = heard.timed().filter(({ type }) => type === 'output');
    expect(outputs[8]!.at - outputs[0]!.at).toBeCloseTo(8 * 250, -1);
    expect(outputs[8]!.offset - outputs[0]!.offset).toBeCloseTo(8000, 6);
  });

  it('shifts the rest by the time of a pause', async () => {
    const sample = tenSeconds();
    const { time, registry } = registryOf(sample);
    const replay = registry.open(REQUEST);
    const heard = noting(time);
    const done = replay.play(heard.sink);
    await time.advance(2500);
    replay.pause();
    await time.advance(3000);
    expect(replay.state()).toMatchObject({ position_ms: 2500, playing: false });
    replay.resume();
    await time.advance(60_000);
    await done;
    for (const { at, offset } of heard.timed()) {
      const expected = offset < 2500 ? offset : offset + 3000;
      expect(at).toBeGreaterThanOrEqual(expected - 0.5);
      expect(at).toBeLessThanOrEqual(expected + 2);
    }
  });

  it('changes its speed on the way', async () => {
    const sample = tenSeconds();
    const { time, registry } = registryOf(sample);
    const replay = registry.open(REQUEST);
    const heard = noting(time);
    const done = replay.play(heard.sink);
    await time.advance(5500);
    replay.setSpeed(10);
    await time.advance(60_000);
    await done;
    const last = heard.timed().at(-1)!;
    expect(last.at).toBeGreaterThanOrEqual(5500 + 450 - 0.5);
    expect(last.at).toBeLessThanOrEqual(5500 + 450 + 2);
  });

  it('goes forward and back, and shows the screen of the place', async () => {
    const sample = tenSeconds();
    const { time, registry } = registryOf(sample);
    const replay = registry.open(REQUEST);
    const heard = noting(time);
    const done = replay.play(heard.sink);
    await time.advance(1500);
    replay.seek({ position_ms: 7500 });
    await time.advance(700);
    await expect.poll(() => heard.types()).toContain('screen');
    const forward = heard.notes.findIndex(({ sent }) => sent.message.type === 'screen');
    expect(heard.notes[forward]!.sent.message).toMatchObject({ offset_ms: 7500, cols: 80, rows: 24 });
    expect((heard.notes[forward]!.sent.message as { data: string }).data).toContain('line 7');
    await time.advance(700);
    expect(heard.last()).toMatchObject({ type: 'extraction', seq: 8 });
    replay.seek({ seq: 2 });
    await expect.poll(() => heard.types().filter((type) => type === 'screen')).toHaveLength(2);
    await time.advance(60_000);
    await done;
    const back = heard.notes.findLastIndex(({ sent }) => sent.message.type === 'screen');
    const after = heard.notes.slice(back + 1).map(({ sent }) => sent.message);
    const numbers = after.filter((it) => it.type === 'extraction').map((it) => it.seq);
    expect(numbers).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('stays where it is after a seek while it is paused', async () => {
    const sample = tenSeconds();
    const { time, registry } = registryOf(sample);
    const replay = registry.open({ ...REQUEST, output: false });
    const heard = noting(time);
    const done = replay.play(heard.sink);
    replay.pause();
    await time.advance(5000);
    replay.seek({ timestamp: '2026-02-10T10:30:04.500Z' });
    await time.advance(5000);
    expect(replay.state()).toMatchObject({ position_ms: 4500, playing: false });
    expect(heard.types().filter((type) => type === 'extraction')).toEqual([]);
    replay.stop();
    await time.advance(0);
    await done;
    expect(heard.last()).toMatchObject({ type: 'replay_complete', reason: 'stopped' });
  });

  it('refuses a place that there is not, and goes on', async () => {
    const sample = tenSeconds();
    const { time, registry } = registryOf(sample);
    const replay = registry.open(REQUEST);
    const done = replay.play(noting(time).sink);
    expect(() => replay.seek({ seq: 10 })).toThrow('no event 10');
    expect(() => replay.seek({ line: 5000 })).toThrow('no line 5000');
    await time.advance(60_000);
    await done;
  });

  it('goes on with the very next message for every id', async () => {
    const sample = tenSeconds();
    const whole = (await playAll(sample)).notes.filter(({ sent }) => sent.id !== null);
    for (const [index, { sent }] of whole.entries()) {
      const rest = await playAll(sample, { resumeAt: parsePlaceId(sent.id!) });
      const messages = rest.notes.filter(({ sent: { id } }) => id !== null).map((note) => note.sent.message);
      expect(messages).toEqual(whole.slice(index + 1).map((note) => note.sent.message));
      expect(rest.notes[0]!.sent.message).toMatchObject({ type: 'session_start', resumed: true });
    }
  });

  it('leaves output out', async () => {
    const types = (await playAll(tenSeconds(), { output: false })).types();
    expect(new Set(types)).toEqual(
      new Set(['session_start', 'state_change', 'extraction', 'replay_complete']),
    );
  });

  it('plays a session without a recording, and an empty one', async () => {
    const unrecorded = newSample({ recorded: false });
    unrecorded.event(1, 100);
    unrecorded.end(200);
    expect((await playAll(unrecorded)).last()).toMatchObject({ extractions: 1, outputs: 0 });
    const empty = newSample();
    empty.end(0);
    expect((await playAll(empty)).last()).toMatchObject({ extractions: 0, outputs: 0, state_changes: 3 });
  });

  it('keeps the order of what happens at one moment, in a session that is dense', async () => {
    const sample = newSample();
    for (let line = 1; line <= 3000; line++) {
      sample.recording!.append('pty', Buffer.from(`line ${line}\r\n`), Math.floor(line / 100));
      if (line % 3 === 0) sample.event(line / 3, Math.floor(line / 100));
    }
    sample.end(31);
    const heard = await playAll(sample, { speed: 100 });
    const messages = heard.notes.map(({ sent }) => sent.message);
    const text = messages.map((it) => (it.type === 'output' ? it.data : '')).join('');
    expect(text).toBe(Array.from({ length: 3000 }, (_, index) => `line ${index + 1}\r\n`).join(''));
    const numbers = messages.flatMap((it) => (it.type === 'extraction' ? [it.seq] : []));
    expect(numbers).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  });

  it('waits for a slow client and loses nothing', async () => {
    const sample = newSample();
    for (let line = 1; line <= 2000; line++) {
      sample.recording!.append('pty', Buffer.from(`line ${line}\r\n`), line / 100);
    }
    sample.end(21);
    const { time, registry } = registryOf(sample);
    const replay = registry.open(REQUEST);
    const received: SentMessage[] = [];
    let release = (): void => {};
    const done = replay.play((messages) => {
      received.push(...messages);
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await time.advance(1000);
    expect(received.length).toBeLessThan(600);
    for (let turn = 0; turn < 100; turn++) {
      release();
      await time.advance(1);
    }
    await done;
    expect(received.filter(({ message }) => message.type === 'output')).toHaveLength(2000);
  });

  it('catches up after the machine was asleep, in order', async () => {
    const sample = tenSeconds();
    const { time, registry } = registryOf(sample);
    const heard = noting(time);
    const done = registry.open(REQUEST).play(heard.sink);
    await time.advance(1500);
    await time.sleep(5000);
    expect(heard.last()).toMatchObject({ type: 'extraction', seq: 6 });
    await time.advance(60_000);
    await done;
    expect(heard.timed().at(-1)!.at).toBeLessThanOrEqual(10_002);
  });

  it('plays what there is of a running session and ends', async () => {
    const sample = newSample();
    sample.recording!.append('pty', Buffer.from('so far\r\n'), 100);
    sample.recording!.flush();
    const { time, registry } = registryOf(sample);
    const heard = noting(time);
    const done = registry.open(REQUEST).play(heard.sink);
    sample.recording!.append('pty', Buffer.from('later\r\n'), 200);
    sample.recording!.flush();
    await time.advance(1000);
    await done;
    expect(heard.last()).toMatchObject({ type: 'replay_complete', outputs: 1 });
  });

  it('follows a running session until it ends', async () => {
    const sample = newSample();
    sample.recording!.append('pty', Buffer.from('so far\r\n'), 100);
    sample.recording!.flush();
    const { time, registry } = registryOf(sample);
    const heard = noting(time);
    const done = registry.open({ ...REQUEST, follow: true }).play(heard.sink);
    await time.advance(1000);
    sample.recording!.append('pty', Buffer.from('later\r\n'), 1000);
    sample.event(1, 1000);
    sample.recording!.flush();
    await time.advance(1000);
    expect(heard.types().filter((type) => type === 'output')).toHaveLength(2);
    sample.recording!.append('pty', Buffer.from('last\r\n'), 2000);
    sample.end(2000);
    await time.advance(1000);
    await done;
    expect(heard.last()).toMatchObject({ reason: 'end', outputs: 3, extractions: 1, state_changes: 3 });
  });

  it('never says that a session is shorter than what was sent of it', async () => {
    const sample = newSample();
    sample.recording!.append('pty', Buffer.from('so far\r\n'), 100);
    sample.recording!.flush();
    const { time, registry } = registryOf(sample);
    const replay = registry.open({ ...REQUEST, follow: true });
    const done = replay.play(noting(time).sink);
    await time.advance(550);
    sample.recording!.append('pty', Buffer.from('later\r\n'), 560);
    sample.recording!.append('pty', Buffer.from('soon\r\n'), 5000);
    sample.recording!.flush();
    await time.advance(40);
    const { position_ms: position, duration_ms: duration } = replay.state();
    expect(position).toBeGreaterThan(500);
    expect(duration).toBeGreaterThanOrEqual(position);
    replay.stop();
    await done;
  });
});

describe('a replay that follows', () => {
  it('hears how long the session is by now, whether it plays or stands', async () => {
    const sample = newSample();
    const print = (ms: number): void => {
      sample.recording!.append('pty', Buffer.from(`at ${ms}\r\n`), ms);
      sample.recording!.flush();
    };
    for (const ms of [100, 30_000]) print(ms);
    const { time, registry } = registryOf(sample);
    const replay = registry.open({ ...REQUEST, follow: true });
    const heard = noting(time);
    const done = replay.play(heard.sink);
    await time.advance(2000);
    print(32_000);
    await time.advance(1000);
    expect(replay.state()).toMatchObject({ duration_ms: 32_000, playing: true });
    expect(replay.state().position_ms).toBeLessThan(4000);
    replay.pause();
    print(40_000);
    await time.advance(1000);
    replay.seek({ position_ms: 39_000 });
    expect(replay.state()).toMatchObject({ position_ms: 39_000, duration_ms: 40_000 });
    replay.resume();
    sample.end(45_000);
    let over = false;
    void done.finally(() => {
      over = true;
    });
    // The screen of a place is drawn in real time.
    while (!over) await time.advance(1000);
    await done;
    expect(heard.last()).toMatchObject({ reason: 'end', outputs: 2 });
    expect(time.timers).toBe(0);
  });
});

describe('the replays of a server', () => {
  it('are two of one session at once, each with its own place', async () => {
    const { time, registry } = registryOf(tenSeconds());
    const [one, two] = [registry.open(REQUEST), registry.open({ ...REQUEST, speed: 5 })];
    const [first, second] = [noting(time), noting(time)];
    const done = Promise.all([one.play(first.sink), two.play(second.sink)]);
    await time.advance(1000);
    one.pause();
    // What is due within half a millisecond has been sent.
    expect(registry.get(two.id).state()).toMatchObject({ position_ms: 5000.5, playing: true });
    expect(one.state()).toMatchObject({ position_ms: 1000.5, playing: false });
    await time.advance(1500);
    expect(second.last()).toMatchObject({ type: 'replay_complete' });
    one.resume();
    await time.advance(20_000);
    await done;
    expect(first.last()).toMatchObject({ type: 'replay_complete', extractions: 9 });
  });

  it('release everything when their client has gone', async () => {
    const sample = tenSeconds();
    const { time, registry } = registryOf(sample);
    const before = openFiles();
    const replays = Array.from({ length: 20 }, () => registry.open(REQUEST));
    const done = replays.map((replay) => replay.play(noting(time).sink));
    await time.advance(1500);
    expect(registry.size).toBe(20);
    expect(openFiles()).toBeGreaterThan(before);
    for (const replay of replays) registry.forget(replay);
    await time.advance(0);
    await Promise.all(done);
    expect(registry.size).toBe(0);
    expect(time.timers).toBe(0);
    expect(openFiles()).toBe(before);
  });

  it('end when they stand still for too long', async () => {
    const { time, registry } = registryOf(tenSeconds(), { idleTimeoutMs: 60_000 });
    const replay = registry.open(REQUEST);
    const heard = noting(time);
    const done = replay.play(heard.sink);
    await time.advance(1500);
    replay.pause();
    await time.advance(61_000);
    await done;
    expect(heard.last()).toMatchObject({ type: 'replay_complete', reason: 'idle' });
  });

  it('end when nobody reads for too long', async () => {
    const { time, registry } = registryOf(tenSeconds(), { idleTimeoutMs: 60_000 });
    const done = registry.open(REQUEST).play(() => new Promise(() => {}));
    await time.advance(61_000);
    await done;
    expect(time.timers).toBe(0);
  });

  it('stay at the end when they shall, and go back', async () => {
    const { time, registry } = registryOf(tenSeconds());
    const replay = registry.open({ ...REQUEST, output: false, lingers: true });
    const heard = noting(time);
    const done = replay.play(heard.sink);
    await time.advance(11_000);
    expect(replay.state()).toMatchObject({ finished: true, playing: false, position_ms: 10_000 });
    replay.seek({ position_ms: 8500 });
    await time.advance(2000);
    expect(heard.types().filter((type) => type === 'replay_complete')).toHaveLength(2);
    expect(heard.types().filter((type) => type === 'extraction')).toHaveLength(10);
    registry.forget(replay);
    await time.advance(0);
    await done;
  });

  it('say so when their server ends', async () => {
    const { time, registry } = registryOf(tenSeconds());
    const heard = noting(time);
    const done = registry.open(REQUEST).play(heard.sink);
    await time.advance(1500);
    registry.close();
    await time.advance(0);
    await done;
    expect(heard.last()).toMatchObject({ type: 'replay_complete', reason: 'closing', extractions: 1 });
  });

  it('are not more than allowed', () => {
    const { registry } = registryOf(tenSeconds(), { most: 2 });
    registry.open(REQUEST);
    registry.open(REQUEST);
    expect(() => registry.open(REQUEST)).toThrow('2 replays are going on already');
  });

  it('are refused for a session that there is not, and leave nothing', () => {
    const { registry } = registryOf(tenSeconds());
    expect(() => registry.open({ ...REQUEST, sessionId: 'sess_zzzzzzzzzzzz' })).toThrow(
      'there is no session',
    );
    expect(() => registry.open({ ...REQUEST, from: { seq: 77 } })).toThrow('no event 77');
    expect(registry.size).toBe(0);
  });

  it('know how long a session was', () => {
    const sample = tenSeconds();
    expect(openMaterial(sample.stores, SESSION_ID)).toMatchObject({
      durationMs: 10_000,
      lastSeq: 9,
      ended: true,
    });
  });
});
