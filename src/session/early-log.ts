// What is printed before the recorder's thread is up, brought to disk by the main thread, so that a wrapper that is
// killed in its first moments loses no more than later. Everything is asynchronous: a slow disk holds up nobody. The
// thread reads the same frames from the ring; the file is for recovery only and is removed as soon as the thread runs. On a
// disk that is nearly full there is none.

import { close, mkdir, open, statfs, unlink, write } from 'node:fs';
import { dirname } from 'node:path';
import type { LiveSession } from '../data/live-sessions.ts';
import type { SessionFiles } from '../data/session-files.ts';
import { LEFT_TO_RECORDING, spoolFrameHeader } from '../data/spool-frame.ts';
import { FRAME_KINDS, type FrameKind } from './chunk-ring.ts';

/** More is not kept in memory for it; the ring has its own limit. In bytes. */
const MOST_PENDING = 8 * 1024 * 1024;

export class EarlyLog {
  readonly #path: string;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #fd: number | undefined;
  #writing = true; // until the file is open
  #stopped = false;

  /** @param live what recovery has to know; the recorder replaces it with its own, which is complete */
  constructor(files: SessionFiles, live: LiveSession) {
    this.#path = files.early;
    makeFolders(dirname(files.live), () => {
      writeNew(files.live, JSON.stringify(live));
      open(this.#path, 'wx', 0o600, (error, fd) => {
        if (error !== null) {
          this.#stopped = true;
          return;
        }
        this.#fd = fd;
        statfs(this.#path, (failure, disk) => {
          if (failure !== null || disk.bavail * disk.bsize < LEFT_TO_RECORDING) this.#stopped = true;
          this.#written();
        });
      });
    });
  }

  write(kind: FrameKind, elapsedMs: number, bytes: Uint8Array): void {
    if (this.#stopped || this.#pendingBytes + bytes.length > MOST_PENDING) return;
    this.#pending.push(
      spoolFrameHeader(FRAME_KINDS.indexOf(kind), elapsedMs, bytes.length),
      Uint8Array.from(bytes),
    );
    this.#pendingBytes += bytes.length;
    this.#next();
  }

  /** The recorder has everything: the file goes. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#pending = [];
    if (!this.#writing) this.#remove();
  }

  #next(): void {
    if (this.#writing || this.#pending.length === 0 || this.#fd === undefined) return;
    this.#writing = true;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    write(this.#fd, bytes, (error) => {
      // A full disk: the recorder meets it, too, and says so.
      if (error !== null) this.#stopped = true;
      this.#written();
    });
  }

  #written(): void {
    this.#writing = false;
    if (this.#stopped) this.#remove();
    else this.#next();
  }

  #remove(): void {
    if (this.#fd === undefined) return;
    close(this.#fd, ignore);
    unlink(this.#path, ignore);
    this.#fd = undefined;
  }
}

/** One by one: with `recursive`, mkdir never returns where the system says ENOENT although the parent exists. */
function makeFolders(folder: string, done: () => void): void {
  mkdir(dirname(folder), 0o700, () => mkdir(folder, 0o700, () => done()));
}

/** Leaves a file that is there already, because it is the recorder's and knows more. */
function writeNew(path: string, text: string): void {
  open(path, 'wx', 0o600, (error, fd) => {
    if (error === null) write(fd, text, () => close(fd, ignore));
  });
}

/** Recovery does without; the recorder reports what is wrong with the folder or the disk. */
function ignore(): void {}
