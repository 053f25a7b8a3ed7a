/** A past as it is posted to a thread: exact amounts would arrive as bare objects, so actions go as they are stored. */
import { storedAction } from '#shared/clients/stored-actions.ts';
import { decode, encode } from '#shared/redis/codec.ts';
import type { Past } from './past.ts';

export interface SentPast extends Omit<Past, 'actions'> {
  readonly actions: readonly (readonly [isin: string, json: readonly string[]])[];
}

export function sentPast({ actions = new Map(), ...past }: Past): SentPast {
  return { ...past, actions: [...actions].map(([isin, own]) => [isin, own.map(encode)]) };
}

export function receivedPast({ actions, ...past }: SentPast): Past {
  const read = (json: string) => decode(storedAction(), json, 'a corporate action of a replay');
  return {
    ...past,
    actions: new Map(
      actions.map(([isin, own]) => [isin as Past['securities'][number]['isin'], own.map(read)]),
    ),
  };
}
