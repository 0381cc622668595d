// The messages of a replay that are not of the session itself: how it begins, what the screen shows where it has jumped
// to, and how it ended.

import { sizeAt } from '../../data/recording-seek.ts';
import { sessionDocument } from '../../model/documents.ts';
import type { ReplayMessage, ReplayStateDocument } from '../../model/wire-replay.ts';
import type { ReplayMaterial } from './material.ts';
import { type ReplayPlace, toMicroseconds } from './place.ts';
import { screenAt } from './screen-at.ts';

/** Why a replay is over; the words of `replay_complete`. */
export type EndReason = 'end' | 'stopped' | 'idle' | 'closing';

export function startMessage(
  { recording, session }: ReplayMaterial,
  place: ReplayPlace,
  { session_id: _, position_ms, ...state }: ReplayStateDocument,
  options: { readonly output: boolean; readonly resumed: boolean },
): ReplayMessage {
  return {
    type: 'session_start',
    offset_ms: position_ms,
    ...state,
    session: sessionDocument(session),
    terminal: recording === null ? null : sizeAt(recording.path, recording.index, place.output),
    output: options.output && recording !== null,
    resumed: options.resumed,
  };
}

/** Reads what is needed of the recording; undefined when nothing was recorded. */
export async function screenMessage(
  { recording, session }: ReplayMaterial,
  place: ReplayPlace,
): Promise<ReplayMessage | undefined> {
  if (recording === null) return undefined;
  const screen = await screenAt(recording, place.output);
  try {
    return {
      type: 'screen',
      offset_ms: toMicroseconds(place.offsetMs),
      session_id: session.sessionId,
      elapsed_ms: toMicroseconds(place.offsetMs),
      cols: screen.cols,
      rows: screen.rows,
      data: screen.serialize(),
    };
  } finally {
    screen.dispose();
  }
}

/** Counts what was sent, for the last message. */
export class Tally {
  #extractions = 0;
  #stateChanges = 0;
  #outputs = 0;
  #outputBytes = 0;

  count(message: ReplayMessage): void {
    if (message.type === 'extraction') this.#extractions++;
    else if (message.type === 'state_change') this.#stateChanges++;
    else if (message.type === 'output') {
      this.#outputs++;
      this.#outputBytes += Buffer.byteLength(message.data);
    }
  }

  completeMessage(
    { position_ms, session_id, replay_id }: ReplayStateDocument,
    reason: EndReason,
  ): ReplayMessage {
    return {
      type: 'replay_complete',
      offset_ms: position_ms,
      session_id,
      replay_id,
      reason,
      extractions: this.#extractions,
      state_changes: this.#stateChanges,
      outputs: this.#outputs,
      output_bytes: this.#outputBytes,
    };
  }
}
