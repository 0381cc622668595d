// Opens the object storage that is meant. Nothing is touched or connected to before it is used.

import { LocalObjectStore } from './local-object-store.ts';
import type { ObjectStore } from './object-store.ts';
import type { ObjectStoreSettings } from './object-store-settings.ts';
import { S3ObjectStore } from './s3-object-store.ts';

/** @param settings of `objectStoreSettings` */
export function openObjectStore(settings: ObjectStoreSettings): ObjectStore {
  return settings.kind === 'folder' ? new LocalObjectStore(settings.folder) : new S3ObjectStore(settings);
}
