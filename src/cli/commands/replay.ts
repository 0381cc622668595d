// `wrapper replay <id>`: plays a session in the terminal, with its timing. Reads the recording and the database itself; no
// server is needed.

import type { ReplayMaterial } from '../../api/replay/material.ts';
import type { Replay } from '../../api/replay/replay.ts';
import { WrapperError } from '../../model/errors.ts';
import { FASTEST, SLOWEST } from '../../model/replay-speed.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { textOption } from '../filters.ts';
import { findSession, noSessionYet } from '../reader.ts';

/** So fast that nothing is waited for. */
const AT_ONCE = 1e12;
/** Whoever looks at a standing picture may do so for a day. */
const IDLE_TIMEOUT_MS = 86_400_000;

export const replayCommand: CommandDefinition = {
  name: 'replay',
  help: 'Play a session in the terminal, as it was: space pauses, arrows move, / searches, ? shows all keys.',
  formats: ['text'],
  runOptions: ['db', 'config'],
  examples: [
    ['wrapper replay last', 'with keys and a status line'],
    ['wrapper replay k3v9x2 --speed 5 --idle-limit 2', 'the interesting part'],
    ['wrapper replay last --from seq:12', 'right where an event was found'],
    ['wrapper replay last --speed max | less -R', 'all of it at once'],
  ],
  define(command) {
    command.argument('<id>', 'an id, the start of one, or last');
    command.option('--speed <number>', `from ${SLOWEST} to ${FASTEST}, or max`, '1');
    command.option('--idle-limit <time>', 'wait no longer than this when nothing happens: 2, 1500ms');
    command.option('--from <place>', 'begin at 90, 1:30, a timestamp, seq:N or line:N');
    command.option('-f, --follow', 'go on with what a running session still does');
    command.option('--no-controls', 'no keys and no status line: the output stays on the terminal');
  },
  async run(call) {
    const reference = call.arguments[0]!;
    const speed = speedOption(call);
    const { parsePlace, parseSpan, PLACE_FORMS } = await import('../../api/replay/position.ts');
    const idle = textOption(call, 'idleLimit');
    const idleLimitMs = idle === undefined ? null : parseSpan(idle, 's');
    if (idleLimitMs === undefined)
      throw usage(`--idle-limit: "${idle}" is not a time`, 'Use 2, 2s or 1500ms.');
    const place = textOption(call, 'from');
    const from = place === undefined ? undefined : parsePlace(place, 's');
    if (place !== undefined && from === undefined) {
      throw usage(`--from: "${place}" is not a place`, `${PLACE_FORMS} A number alone is seconds.`);
    }
    const reader = await call.openReader();
    if (reader === undefined) throw noSessionYet(reference);
    const session = findSession(reader, reference);
    const { openReplay } = await import('../player/open.ts');
    const { wakingTime } = await import('../player/waking-time.ts');
    const time = wakingTime();
    const controls = hasControls(call);
    const { replay, material } = openReplay(reader, {
      sessionId: session.sessionId,
      speed,
      idleLimitMs,
      follow: call.options['follow'] === true,
      from,
      lingers: controls,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      time,
    });
    if (material.recording === null) {
      call.output.note(
        `Nothing of the output of session ${session.sessionId} was recorded, or the file is gone.`,
      );
    }
    try {
      await play(call, controls, { replay, material });
    } finally {
      time.stop();
    }
    return 0;
  },
};

async function play(
  call: Call,
  controls: boolean,
  { replay, material }: { readonly replay: Replay; readonly material: ReplayMaterial },
): Promise<void> {
  if (controls) {
    const { Player } = await import('../player/player.ts');
    const recording = material.recording?.path ?? null;
    await new Player({ replay, context: call.context, recording }).run();
  } else {
    const { playPlainly } = await import('../player/plain-player.ts');
    await playPlainly(call, replay);
  }
}

/** Keys need a terminal to read from and one to draw on. */
function hasControls({ context, options, output }: Call): boolean {
  if (options['controls'] === false || output.columns === null) return false;
  return (context.stdin as { isTTY?: boolean }).isTTY === true && context.env['TERM'] !== 'dumb';
}

function speedOption(call: Call): number {
  const text = textOption(call, 'speed') ?? '1';
  if (text === 'max') return AT_ONCE;
  const speed = Number(text.replace(/x$/, ''));
  if (speed >= SLOWEST && speed <= FASTEST) return speed;
  throw usage(`--speed: "${text}" is not a speed`, `Use a number from ${SLOWEST} to ${FASTEST}, or max.`);
}

function usage(message: string, hint: string): WrapperError {
  return new WrapperError('usage', message, { hint });
}
