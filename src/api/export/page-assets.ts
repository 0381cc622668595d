// Script and style of the exported page: our own and those of asciinema-player (Apache-2.0, © Marcin Kulik and others). The
// build puts them into a folder beside the bundles; from source they are taken from where they are.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, WrapperError } from '../../model/errors.ts';

export interface PageAssets {
  readonly playerScript: string;
  readonly playerStyle: string;
  readonly pageScript: string;
  readonly pageStyle: string;
}

let loaded: PageAssets | undefined;

/** @throws WrapperError `storage_unavailable` when the installation lacks them */
export function pageAssets(): PageAssets {
  try {
    loaded ??= load();
    return loaded;
  } catch (error) {
    throw new WrapperError('storage_unavailable', `the parts of the page are missing: ${messageOf(error)}`, {
      hint: 'Install the wrapper again.',
      cause: error,
    });
  }
}

function load(): PageAssets {
  const built = fileURLToPath(new URL('./replay-page/', import.meta.url));
  const source = fileURLToPath(new URL('./page/', import.meta.url));
  const [player, page] = existsSync(built) ? [built, built] : [playerPackage(), source];
  const read = (path: string): string => readFileSync(path, 'utf8');
  return {
    playerScript: read(join(player, 'asciinema-player.min.js')),
    playerStyle: read(join(player, 'asciinema-player.css')),
    pageScript: read(join(page, 'page.js')),
    pageStyle: read(join(page, 'page.css')),
  };
}

function playerPackage(): string {
  const { resolve } = createRequire(import.meta.url);
  return join(dirname(resolve('asciinema-player/package.json')), 'dist', 'bundle');
}
