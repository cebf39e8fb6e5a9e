/** The city's map: ground, roads coloured by their state, marks, and what lies under the pointer. No outside request. */

import 'maplibre-gl/dist/maplibre-gl.css';

import type { Feature, FeatureCollection } from 'geojson';
import { type GeoJSONSource, type LayerSpecification, Map as LibreMap, type MapGeoJSONFeature, type PaddingOptions, type PointLike, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';

import type { Geometry, Lang, Network } from '../lib/types';
import { fontFaces } from './fonts';
import { layers } from './layers';
import { centres, collection, EMPTY, named, roadLines } from './shapes';

setWorkerUrl(workerUrl);

export interface Ground {
  land: FeatureCollection;
  water: FeatureCollection;
  green: FeatureCollection;
  places?: FeatureCollection;
  label: string;
  source: string;
}

export interface Hit {
  layer: string;
  id: string | number;
  properties: Record<string, unknown>;
}

type Box = [number, number, number, number];

const SOURCES = ['lines', 'chosen', 'picked', 'alerts', 'alert-pins', 'proposals', 'junctions', 'stops', 'ends'];
const REACH_PX = 6;
const NOTHING = -2;

export class CityMap {
  readonly map: LibreMap;
  readonly ready: Promise<void>;
  #levels: Int8Array;
  #forecast = false;
  #lang: Lang;
  #empty = new Set(SOURCES);
  #layers: LayerSpecification[];

  constructor(container: HTMLElement, ground: Ground, network: Network, options: { bbox: Box; drivesOn: 'left' | 'right'; lang: Lang; padding?: number | PaddingOptions }) {
    this.#lang = options.lang;
    this.#layers = layers(options.lang, false);
    this.#levels = new Int8Array(network.ids.length).fill(NOTHING);
    const [west, south, east, north] = options.bbox;
    const margin = Math.max(east - west, north - south);
    const source = (data: FeatureCollection, more = {}) => ({ type: 'geojson' as const, data, ...more });
    this.map = new LibreMap({
      container,
      style: {
        version: 8,
        'font-faces': fontFaces(),
        sources: {
          land: source(ground.land),
          water: source(ground.water),
          green: source(ground.green),
          places: source(named(ground.places)),
          parishes: source(centres(ground.land)),
          roads: source(roadLines(network, options.drivesOn), { tolerance: 0.3, maxzoom: 16 }),
          ...Object.fromEntries(SOURCES.map((name) => [name, source(EMPTY)])),
        },
        layers: this.#layers,
      },
      bounds: [west, south, east, north],
      fitBoundsOptions: { padding: options.padding ?? 24 },
      maxBounds: [west - margin, south - margin, east + margin, north + margin],
      minZoom: 9,
      maxZoom: 18.5,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.ready = new Promise((resolve) => this.map.once('style.load', () => resolve()));
  }

  /** Colours the roads: `level` in network order, null where nothing is known. A forecast is drawn dashed. */
  showLevels(level: (number | null)[], forecast: boolean): void {
    const start = performance.now();
    for (let i = 0; i < this.#levels.length; i++) {
      const now = level[i] ?? -1;
      if (now === this.#levels[i]) continue;
      this.#levels[i] = now;
      this.map.setFeatureState({ source: 'roads', id: i }, { level: now });
    }
    if (forecast !== this.#forecast) {
      this.#forecast = forecast;
      this.#restyle();
    }
    performance.measure('roads-coloured', { start });
  }

  /** Draws everything in the present theme, and in `lang`. */
  dress(lang: Lang): void {
    this.#lang = lang;
    this.#restyle();
  }

  /** Sets what differs from the layers as they stand; what is equal costs nothing. */
  #restyle(): void {
    const next = layers(this.#lang, this.#forecast);
    next.forEach((layer, i) => {
      const before = this.#layers[i];
      for (const [key, value] of changes(before.paint, layer.paint)) this.map.setPaintProperty(layer.id, key as never, value as never);
      for (const [key, value] of changes(before.layout, layer.layout)) this.map.setLayoutProperty(layer.id, key as never, value as never);
      if ('filter' in layer && 'filter' in before && !same(layer.filter, before.filter)) this.map.setFilter(layer.id, layer.filter);
    });
    this.#layers = next;
  }

  /** Replaces what a source shows: lines, chosen, picked, alerts, alert-pins, proposals, junctions, stops, ends. */
  put(name: string, features: FeatureCollection | Feature[]): void {
    const data = Array.isArray(features) ? collection(features) : features;
    const empty = !data.features.length;
    if (empty && this.#empty.has(name)) return;
    if (empty) this.#empty.add(name);
    else this.#empty.delete(name);
    (this.map.getSource(name) as GeoJSONSource | undefined)?.setData(data);
  }

  show(ids: string[], visible: boolean): void {
    for (const id of ids) if (this.map.getLayer(id)) this.map.setLayoutProperty(id, 'visibility', visible ? 'visible' : 'none');
  }

  /** What lies within reach of a point on the screen, the most special first. */
  hit(point: { x: number; y: number }, wanted: string[]): Hit | undefined {
    const box: [PointLike, PointLike] = [
      [point.x - REACH_PX, point.y - REACH_PX],
      [point.x + REACH_PX, point.y + REACH_PX],
    ];
    const there = wanted.filter((id) => this.map.getLayer(id));
    const found = this.map.queryRenderedFeatures(box, { layers: there });
    const best = found.sort((a: MapGeoJSONFeature, b: MapGeoJSONFeature) => wanted.indexOf(a.layer.id) - wanted.indexOf(b.layer.id))[0];
    return best && { layer: best.layer.id, id: best.id ?? best.properties.id, properties: best.properties };
  }

  /** Brings a geometry into view, quietly where it is already. */
  reveal(geometry: Geometry, zoom = 15): void {
    const points = (geometry.type === 'Point' ? [geometry.coordinates] : geometry.coordinates.flat(geometry.type === 'LineString' ? 0 : 1)) as [number, number][];
    const lon = points.map((p) => p[0]);
    const lat = points.map((p) => p[1]);
    const box: Box = [Math.min(...lon), Math.min(...lat), Math.max(...lon), Math.max(...lat)];
    this.map.fitBounds(box, { padding: 80, maxZoom: zoom, duration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 400 });
  }

  remove(): void {
    this.map.remove();
  }
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Members of `after` that differ from `before`, and those that went, as undefined. */
function changes(before: object = {}, after: object = {}): [string, unknown][] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<never>;
  return [...keys].filter((key) => !same(before[key], after[key])).map((key) => [key, after[key]]);
}
