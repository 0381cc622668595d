// Which object storage is meant: the bucket that the environment names, otherwise a folder.

import { PersistenceError } from '../../model/persistence-errors.ts';
import { LocalFolderStore } from './local-folder.ts';
import type { ObjectStore } from './object-store.ts';

export interface ObjectStoreSettings {
  /** The folder of the local object storage. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws PersistenceError when what is asked for cannot be had: nothing is put elsewhere in silence */
export function openObjectStore({ folder, env }: ObjectStoreSettings): ObjectStore {
  if (env['S3_BUCKET_NAME']) {
    throw new PersistenceError('S3_BUCKET_NAME is set, and this wrapper cannot use S3', {
      hint: 'Unset it to use the local folder.',
    });
  }
  return new LocalFolderStore(folder);
}
