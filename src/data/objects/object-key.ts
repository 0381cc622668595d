// What the key of an object may look like, in every object storage: what a bucket, a folder, a query engine and a shell all take
// as it stands. Other keys are refused, not translated.

import { PersistenceError } from '../../model/persistence-errors.ts';

/** Bytes; the limit of S3. */
const LONGEST_KEY = 1024;
/** Bytes; the limit of file systems. */
const LONGEST_SEGMENT = 255;
/** A segment that begins with a dot is ours: an unfinished object, or a way out of the folder. */
const SEGMENT = /^[A-Za-z0-9_=-][A-Za-z0-9._=-]*$/;
const PREFIX = /^[A-Za-z0-9._=/-]*$/;

/** Whether an object may have this key. */
export function isObjectKey(key: string): boolean {
  return (
    key.length <= LONGEST_KEY &&
    key.split('/').every((segment) => segment.length <= LONGEST_SEGMENT && SEGMENT.test(segment))
  );
}

/** @throws PersistenceError saying what keys are made of */
export function requireObjectKey(key: string): void {
  if (isObjectKey(key)) return;
  throw new PersistenceError(`${JSON.stringify(key.slice(0, 128))} cannot be the key of an object`, {
    hint: 'Keys are letters, digits and . _ = - in segments separated by /, none of which is empty or begins with a dot.',
  });
}

/** Whether a key could begin like this; a listing of any other prefix is empty without asking. */
export function isKeyPrefix(prefix: string): boolean {
  return prefix.length <= LONGEST_KEY && PREFIX.test(prefix);
}
