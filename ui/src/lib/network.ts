/** The road network as columns: classes as widths, and each direction's opposite. */

import type { Network } from './types';

const WIDTHS: Record<string, number> = {
  motorway: 5,
  trunk: 5,
  primary: 4,
  secondary: 3,
  tertiary: 2,
  motorway_link: 3,
  trunk_link: 3,
  primary_link: 3,
  secondary_link: 2,
  tertiary_link: 2,
  unclassified: 1,
  residential: 1,
  living_street: 1,
  connector: 1,
  service: 0,
  pedestrian: 0,
  footway: 0,
  cycleway: 0,
};

/** Width rank 0 (service roads and paths) … 5 (motorway) of a road class. */
export function width(roadClass: string | number): number {
  return WIDTHS[String(roadClass)] ?? 0;
}

/** Whether each segment has an opposite one on the same line (a two-way street drawn once per direction). */
export function paired(network: Network): boolean[] {
  const ends = (xy: number[], flip: boolean) => {
    const [a, b] = [`${xy[0]},${xy[1]}`, `${xy[xy.length - 2]},${xy[xy.length - 1]}`];
    return `${flip ? `${b}|${a}` : `${a}|${b}`}|${xy.length}`;
  };
  const forward = new Set(network.coordinates.map((xy) => ends(xy, false)));
  return network.coordinates.map((xy) => forward.has(ends(xy, true)));
}

/** Index of each segment id. */
export function indexed(network: Network): Map<string, number> {
  return new Map(network.ids.map((id, i) => [id, i]));
}

/** `[[lon, lat], …]` of a flat `[lon, lat, …]`. */
export function line(flat: number[]): [number, number][] {
  const points: [number, number][] = [];
  for (let i = 0; i < flat.length; i += 2) points.push([flat[i], flat[i + 1]]);
  return points;
}

/** The point half way along a flat line. */
export function middle(flat: number[]): [number, number] {
  const half = Math.floor(flat.length / 4) * 2;
  return flat.length > 4 ? [flat[half], flat[half + 1]] : [(flat[0] + flat[2]) / 2, (flat[1] + flat[3]) / 2];
}

/** Mean speed over the known roads, weighted by length, with the typical road's interval; NaN where none is known. */
export function meanSpeed(network: Network, speeds: (number | null)[]): number {
  let sum = 0;
  let metres = 0;
  for (let i = 0; i < speeds.length; i++) {
    const v = speeds[i];
    if (v === null || v === undefined) continue;
    sum += v * network.length_m[i];
    metres += network.length_m[i];
  }
  return metres ? sum / metres : NaN;
}
