// A recording on its way in: written beside the others under a name of its own, and put in its place in one step. The
// recording that it takes the place of comes back when what follows fails.

import { linkSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FinishedFile } from '../../data/finished-file.ts';
import { makePrivateFolder } from '../../data/private-file.ts';
import { type CastEvent, type CastHeader, castHeaderLine, castLine } from '../../data/recording-text.ts';
import type { SessionFiles } from '../../data/session-files.ts';
import { redactRecording } from '../redacted-recording.ts';
import { makeStagingFolder } from './staging-folder.ts';

const WRITE_AT = 256 * 1024;

export class StagedRecording {
  readonly #folder: string;
  readonly #file: FinishedFile;
  /** Where it is until it is in place. */
  readonly path: string;
  bytes = 0;
  /** Time of its last event, in ms. */
  elapsedMs = 0;

  /** @param sessionsFolder where the recordings of the database are; made when absent */
  constructor(sessionsFolder: string) {
    this.#folder = makeStagingFolder(sessionsFolder);
    this.path = join(this.#folder, 'recording.cast');
    this.#file = new FinishedFile(this.path, { replace: false });
  }

  /** Writes the whole of it, redacted, with the first event that players need. */
  write(header: CastHeader, events: Iterable<CastEvent>): void {
    let text = castHeaderLine(header);
    let count = 0;
    for (const event of redactRecording(events)) {
      count++;
      this.elapsedMs = event.t;
      text += castLine(event);
      if (text.length < WRITE_AT) continue;
      this.#file.write(text);
      text = '';
    }
    if (count === 0) text += castLine({ t: 0, code: 'o', data: '', stream: 'pty' });
    this.#file.write(text);
    this.#file.finish();
    this.bytes = this.#file.bytes;
  }

  /** Puts it in its place. The result takes that back. */
  install(files: SessionFiles): () => void {
    const kept = join(this.#folder, 'before.cast');
    const hadBefore = linkIfThere(files.cast, kept);
    renameSync(this.path, files.cast);
    return () => {
      if (hadBefore) renameSync(kept, files.cast);
      else rmSync(files.cast, { force: true });
    };
  }

  /** Removes what is left beside the recordings. */
  close(): void {
    this.#file.abandon();
    rmSync(join(this.#folder, 'before.cast'), { force: true });
    rmSync(this.path, { force: true });
    rmdirSync(this.#folder);
  }
}

function linkIfThere(path: string, name: string): boolean {
  try {
    makePrivateFolder(dirname(name));
    linkSync(path, name);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
