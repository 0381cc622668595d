// The screen at a place of a recording, without reading all that comes before it: at most the last two megabytes, from
// the first point in them at which the program drew its screen anew. Where there is no such point the text of two
// megabytes has long scrolled everything older away.
//
// What a program set once and longer ago (a scroll region, the alternate screen) is not known then; what is seen is.

import { RecordingCursor } from '../../data/recording-cursor.ts';
import { lineStartAfter, sizeAt, type TerminalSize } from '../../data/recording-seek.ts';
import type { Screen } from '../../stream/screen.ts';
import type { ReplayMaterial } from './material.ts';

const REACH_BYTES = 2 * 1024 * 1024;
/** Text is given to the screen in pieces of this size; between them others have their turn. */
const PIECE = 128 * 1024;
/** Everything on the screen is gone: full reset, erase all, switch to the alternate screen. */
const DRAWN_ANEW = /\x1bc|\x1b\[[23]J|\x1b\[\?(?:47|1047|1049)h/;
const SIZE = /^(\d{1,5})x(\d{1,5})$/;

export interface ScreenOptions {
  /** How much text is read at the most, in bytes of the recording. */
  readonly reachBytes?: number;
}

/**
 * What the terminal showed when everything before `offset` in the recording had been printed. The caller disposes it.
 *
 * @param offset as in the places of a replay
 */
export async function screenAt(
  { path, index }: NonNullable<ReplayMaterial['recording']>,
  offset: number,
  options: ScreenOptions = {},
): Promise<Screen> {
  const { Screen } = await import('../../stream/screen.ts');
  const start = startOf(path, offset, options.reachBytes ?? REACH_BYTES);
  let size: TerminalSize = sizeAt(path, index, start.offset);
  const screen = new Screen(size);
  const cursor = new RecordingCursor(path, start.offset, offset);
  let text = '';
  const flush = async (): Promise<void> => {
    if (text === '') return;
    await screen.write(text);
    text = '';
  };
  try {
    for (let event = cursor.peek(); event !== undefined; event = cursor.peek()) {
      cursor.skip();
      if (event.code === 'o') {
        text += event.offset === start.offset ? event.data.slice(start.characters) : event.data;
        if (text.length >= PIECE) await flush();
        continue;
      }
      const found = event.code === 'r' ? SIZE.exec(event.data) : null;
      if (found === null) continue;
      await flush();
      size = { cols: Number(found[1]), rows: Number(found[2]) };
      screen.resize(size.cols, size.rows);
    }
    await flush();
    return screen;
  } catch (error) {
    screen.dispose();
    throw error;
  } finally {
    cursor.close();
  }
}

/** Where to begin: an event, and how many of its characters come before the point. */
function startOf(path: string, offset: number, reach: number): { offset: number; characters: number } {
  const earliest = offset <= reach ? 0 : lineStartAfter(path, offset - reach);
  if (earliest === 0) return { offset: 0, characters: 0 };
  const cursor = new RecordingCursor(path, earliest, offset);
  try {
    for (let event = cursor.peek(); event !== undefined; event = cursor.peek()) {
      cursor.skip();
      const found = event.code === 'o' ? DRAWN_ANEW.exec(event.data) : null;
      if (found !== null) return { offset: event.offset, characters: found.index };
    }
    return { offset: earliest, characters: 0 };
  } finally {
    cursor.close();
  }
}
