// Script and style of the exported page: our own and those of asciinema-player (Apache-2.0, © Marcin Kulik and others). The
// build puts them into a folder beside the bundles; from source they are taken from where they are.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, WrapperError } from '../../model/errors.ts';

export interface PageAssets {
  readonly playerScript: string;
  readonly playerStyle: string;
  readonly pageScript: string;
  readonly pageStyle: string;
}

/** Where the player is while the product runs from source. */
const PLAYER = '../../../node_modules/asciinema-player/dist/bundle/';

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
  const built = pathOf('./replay-page/');
  const [player, page] = existsSync(built) ? [built, built] : [pathOf(PLAYER), pathOf('./page/')];
  const read = (path: string): string => readFileSync(path, 'utf8');
  return {
    playerScript: read(join(player, 'asciinema-player.min.js')),
    playerStyle: read(join(player, 'asciinema-player.css')),
    pageScript: read(join(page, 'page.js')),
    pageStyle: read(join(page, 'page.css')),
  };
}

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
