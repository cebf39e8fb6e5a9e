/** Kinds of vehicle, by GTFS name, as the pages tell them apart: bus, rail, ferry. */

export const RAIL = ['tram', 'subway', 'rail', 'monorail', 'lrt'];

export type Drawn = 'bus' | 'lrt' | 'ferry';

/** How a kind is drawn and named. */
export function drawn(kind: string): Drawn {
  return RAIL.includes(kind) ? 'lrt' : kind === 'ferry' ? 'ferry' : 'bus';
}

export function isRail(kinds: string[]): boolean {
  return kinds.some((kind) => RAIL.includes(kind));
}
