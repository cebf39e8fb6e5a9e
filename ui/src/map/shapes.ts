/** GeoJSON made from the city's answers. */

import type { Feature, FeatureCollection, Geometry as GeoGeometry, Position } from 'geojson';

import { line, middle, paired, width } from '../lib/network';
import type { Alert, Decision, Geometry, Names, Network } from '../lib/types';

export const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] };

const CAR_OR_BUS = 3;

export function collection(features: Feature[]): FeatureCollection {
  return { type: 'FeatureCollection', features };
}

/** Names as flat properties, which the map's expressions can read. */
export function flat(names: Names | undefined): Record<string, string> {
  return { en: names?.en ?? '', zh: names?.zh ?? '', pt: names?.pt ?? '' };
}

/** One line per segment; `w` its width rank, `o` its side where two directions share a line, `m` whether motors drive. */
export function roadLines(network: Network, drivesOn: 'left' | 'right'): FeatureCollection {
  const pairs = paired(network);
  const side = drivesOn === 'left' ? -1 : 1;
  return collection(
    network.coordinates.map((xy, i) => ({
      type: 'Feature',
      id: i,
      properties: {
        w: width(network.classes[i]),
        o: pairs[i] ? side : 0,
        m: network.access[i] & CAR_OR_BUS ? 1 : 0,
        en: network.names.en[i] ?? '',
        zh: network.names.zh[i] ?? '',
        pt: network.names.pt[i] ?? '',
      },
      geometry: { type: 'LineString', coordinates: line(xy) },
    })),
  );
}

/** A collection whose features carry `names`, with the names flat. */
export function named(source: FeatureCollection | undefined): FeatureCollection {
  return collection(
    (source?.features ?? []).map((one) => ({ ...one, properties: { ...one.properties, ...flat(one.properties?.names) } })),
  );
}

/** A label point in the middle of the largest ring of each surface. */
export function centres(surfaces: FeatureCollection | undefined): FeatureCollection {
  return collection(
    (surfaces?.features ?? []).flatMap((one) => {
      const ring = largestRing(one.geometry);
      return ring ? [{ type: 'Feature' as const, properties: flat(one.properties?.names), geometry: { type: 'Point' as const, coordinates: centroid(ring) } }] : [];
    }),
  );
}

function largestRing(geometry: GeoGeometry): Position[] | undefined {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
  return polygons.map((polygon) => polygon[0]).sort((a, b) => Math.abs(area(b)) - Math.abs(area(a)))[0];
}

function area(ring: Position[]): number {
  let sum = 0;
  for (let i = 1; i < ring.length; i++) sum += ring[i - 1][0] * ring[i][1] - ring[i][0] * ring[i - 1][1];
  return sum / 2;
}

function centroid(ring: Position[]): Position {
  const [x0, y0] = ring[0];
  const local = ring.map(([x, y]) => [x - x0, y - y0]);
  const size = area(local) * 6;
  let x = 0;
  let y = 0;
  for (let i = 1; i < local.length; i++) {
    const cross = local[i - 1][0] * local[i][1] - local[i][0] * local[i - 1][1];
    x += (local[i - 1][0] + local[i][0]) * cross;
    y += (local[i - 1][1] + local[i][1]) * cross;
  }
  return size ? [x0 + x / size, y0 + y / size] : ring[0];
}

/** The point by which a geometry is marked. */
export function anchor(geometry: Geometry): [number, number] {
  if (geometry.type === 'Point') return geometry.coordinates;
  const longest = geometry.type === 'LineString' ? geometry.coordinates : [...geometry.coordinates].sort((a, b) => b.length - a.length)[0];
  return middle(longest.flat());
}

function lines(geometry: Geometry): [number, number][][] {
  return geometry.type === 'LineString' ? [geometry.coordinates] : geometry.type === 'MultiLineString' ? geometry.coordinates : [];
}

/** Stretches of road under an alert. */
export function alertLines(alerts: Alert[]): FeatureCollection {
  return collection(
    alerts.flatMap((alert) =>
      alert.geometry
        ? lines(alert.geometry).map((coordinates) => ({
            type: 'Feature' as const,
            properties: { id: alert.id, severity: alert.severity },
            geometry: { type: 'LineString' as const, coordinates },
          }))
        : [],
    ),
  );
}

/** A pin for each alert, numbered as in the list. */
export function alertPins(alerts: Alert[]): FeatureCollection {
  return collection(
    alerts.flatMap((alert, i) =>
      alert.geometry ? [pin(anchor(alert.geometry), { id: alert.id, severity: alert.severity, n: String(i + 1) })] : [],
    ).reverse(),
  );
}

/** A, B, C … as proposals are called in the list and on the map. */
export function letter(i: number): string {
  return String.fromCharCode(65 + (i % 26));
}

/** A pin for each open proposal, lettered as in the list. */
export function proposalPins(decisions: Decision[]): FeatureCollection {
  return collection(decisions.flatMap((one, i) => (one.geometry ? [pin(anchor(one.geometry), { id: one.id, n: letter(i) })] : [])));
}

export function pin(coordinates: [number, number], properties: Record<string, string>): Feature {
  return { type: 'Feature', properties, geometry: { type: 'Point', coordinates } };
}

export function shape(geometry: Geometry): Feature {
  return { type: 'Feature', properties: {}, geometry };
}

/** Courses of transit lines. */
export function transitLines(all: { id: string; kind: string; shapes?: [number, number][][] }[]): FeatureCollection {
  return collection(
    all.flatMap(({ id, kind, shapes = [] }) =>
      shapes.map((coordinates) => ({
        type: 'Feature' as const,
        properties: { id, kind },
        geometry: { type: 'LineString' as const, coordinates },
      })),
    ),
  );
}

/** Named points: stops, junctions. */
export function points(all: { id: string; kind?: string; names: Names; lon: number; lat: number }[]): FeatureCollection {
  return collection(all.map(({ id, kind = '', names, lon, lat }) => pin([lon, lat], { id, kind, ...flat(names) })));
}
