// A replay without keys and status: the output with its timing, for a pipe, a script, or a terminal on which it shall
// stay. A terminal gets what the program drew and nothing that acts on it; a pipe gets what was recorded.

import type { Replay, SentMessage } from '../../api/replay/replay.ts';
import { HarmlessOutput } from '../../stream/harmless-output.ts';
import { TerminalModes } from '../../stream/terminal-modes.ts';
import type { Call } from '../command.ts';
import { TerminalGuard } from './terminal-guard.ts';

/** Plays to the end; resolves when everything has been written. */
export async function playPlainly(call: Call, replay: Replay): Promise<void> {
  const { output, context } = call;
  if (output.columns === null) {
    await replay.play((messages) => output.write(textOf(messages)));
    return;
  }
  const filter = new HarmlessOutput();
  const modes = new TerminalModes();
  const guard = new TerminalGuard({
    stdout: context.stdout,
    stdin: context.stdin,
    raw: false,
    // Nothing at first; after a stop, so that a full-screen program does not go on in the lines of the shell.
    enter: () => modes.sets(),
    leave: () => `${modes.resets()}\x1b[0m`,
  });
  guard.take();
  try {
    await replay.play((messages) => {
      const text = filter.push(textOf(messages, true));
      modes.observe(Buffer.from(text));
      return output.write(text);
    });
  } finally {
    guard.release();
  }
}

/** What is printed of some messages; on a terminal also the screen with which a replay from the middle begins. */
function textOf(messages: readonly SentMessage[], screens = false): string {
  let text = '';
  for (const { message } of messages) {
    if (message.type === 'output') text += message.data;
    if (screens && message.type === 'screen') text += `\x1b[H\x1b[2J${message.data}`;
  }
  return text;
}
