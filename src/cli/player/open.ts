// The replay of a stored session for this process alone.

import { locate } from '../../api/replay/locate.ts';
import { openMaterial, type ReplayMaterial } from '../../api/replay/material.ts';
import { Replay, type ReplayTime } from '../../api/replay/replay.ts';
import { ReplaySource } from '../../api/replay/source.ts';
import type { ReplaySeek } from '../../model/wire-replay.ts';
import type { Reader } from '../reader.ts';

export interface LocalReplay {
  readonly sessionId: string;
  readonly speed: number;
  readonly idleLimitMs: number | null;
  readonly follow: boolean;
  readonly from: ReplaySeek | undefined;
  readonly lingers: boolean;
  readonly idleTimeoutMs: number;
  readonly time: ReplayTime;
}

/** @throws WrapperError `usage` when there is no such place to begin at */
export function openReplay(
  reader: Reader,
  { sessionId, from, follow, ...rest }: LocalReplay,
): { readonly replay: Replay; readonly material: ReplayMaterial } {
  const stores = (): Reader => reader;
  const material = openMaterial(reader, sessionId);
  const follows = follow && !material.ended;
  const source = new ReplaySource(material, stores, {
    output: true,
    follow: follows,
    from: from === undefined ? undefined : locate(material, reader.extractions, from),
  });
  const replay = new Replay({
    ...rest,
    id: 'local',
    source,
    stores,
    output: true,
    follow: follows,
    resumed: false,
  });
  return { replay, material };
}
