/** The map's layers, bottom up, in the colours of the present theme. */

import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl';

import { RAIL } from '../lib/kinds';
import { token } from '../lib/theme.svelte';
import type { Lang } from '../lib/types';
import { FONT } from './fonts';

export const SEVERITIES = ['info', 'minor', 'moderate', 'severe', 'extreme'];

const BOTH_FROM_ZOOM = 16.5;
/** From here on minor pins have room for their number. */
const SMALL_FROM_ZOOM = 13;
const LEVEL: ExpressionSpecification = ['coalesce', ['feature-state', 'level'], -1];
const RANK: ExpressionSpecification = ['get', 'w'];

function byLevel(): ExpressionSpecification {
  const colours = [0, 1, 2, 3, 4, 5].flatMap((level) => [level, token(`level-${level}`)]);
  return ['match', LEVEL, ...colours, token('unknown')] as unknown as ExpressionSpecification;
}

/** Road width in pixels by class and zoom, `more` wider. */
function roadWidth(more = 0): ExpressionSpecification {
  const at = (base: number, rank: number): ExpressionSpecification => ['+', base + more, ['*', rank, RANK]];
  return ['interpolate', ['exponential', 1.5], ['zoom'], 11, at(0.3, 0.3), 13, at(0.7, 0.65), 15, at(1.6, 1.25), 18, at(6, 4.5)];
}

/** Two directions on one line stand side by side, as traffic does; `o` is −1, 0 or 1. */
const OFFSET: ExpressionSpecification = [
  'interpolate', ['exponential', 1.5], ['zoom'],
  11, ['*', ['get', 'o'], 0.4],
  13, ['*', ['get', 'o'], ['+', 0.4, ['*', 0.3, RANK]]],
  15, ['*', ['get', 'o'], ['+', 1, ['*', 0.65, RANK]]],
  18, ['*', ['get', 'o'], ['+', 3.4, ['*', 2.3, RANK]]],
]; // prettier-ignore

const shown = (test: ExpressionSpecification): ExpressionSpecification => ['case', test, 1, 0];

function roads(forecast: boolean): LayerSpecification[] {
  const round = { 'line-cap': forecast ? 'butt' : 'round', 'line-join': 'round' } as const;
  const dash = forecast ? { 'line-dasharray': [2.2, 0.9] } : {};
  const motor: ExpressionSpecification = ['==', ['get', 'm'], 1];
  return [
    {
      id: 'paths', type: 'line', source: 'roads', minzoom: 14, filter: ['==', ['get', 'm'], 0],
      paint: { 'line-color': token('coast'), 'line-width': 1 },
    },
    {
      id: 'road-bed', type: 'line', source: 'roads', minzoom: 12.5, filter: motor, layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': token('panel'), 'line-width': roadWidth(2), 'line-offset': OFFSET },
    },
    {
      id: 'road-unknown', type: 'line', source: 'roads', filter: motor,
      paint: {
        'line-color': token('unknown'), 'line-width': roadWidth(), 'line-offset': OFFSET,
        'line-opacity': shown(['<', LEVEL, 0]), 'line-dasharray': [0.35, 0.65],
      },
    },
    {
      id: 'road', type: 'line', source: 'roads', filter: motor, layout: round,
      paint: {
        'line-color': byLevel(), 'line-width': roadWidth(), 'line-offset': OFFSET, 'line-opacity': shown(['>=', LEVEL, 0]), ...dash,
      },
    },
    {
      id: 'road-bad', type: 'line', source: 'roads', filter: motor, layout: round,
      paint: {
        'line-color': byLevel(), 'line-width': roadWidth(1.6), 'line-offset': OFFSET, 'line-opacity': shown(['>=', LEVEL, 3]), ...dash,
      },
    },
  ]; // prettier-ignore
}

function ground(): LayerSpecification[] {
  return [
    { id: 'sea', type: 'background', paint: { 'background-color': token('water') } },
    { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': token('land'), 'fill-antialias': true } },
    { id: 'coast', type: 'line', source: 'land', paint: { 'line-color': token('coast'), 'line-width': 0.8 } },
    { id: 'green', type: 'fill', source: 'green', paint: { 'fill-color': token('green') } },
    { id: 'inland-water', type: 'fill', source: 'water', paint: { 'fill-color': token('water') } },
  ];
}

function transit(): LayerSpecification[] {
  return [
    {
      id: 'rail', type: 'line', source: 'lines', filter: ['in', ['get', 'kind'], ['literal', RAIL]], layout: { 'line-join': 'round' },
      paint: { 'line-color': token('ink'), 'line-opacity': 0.55, 'line-width': ['interpolate', ['linear'], ['zoom'], 11, 1, 16, 2.5] },
    },
    {
      id: 'ferry-line', type: 'line', source: 'lines', filter: ['==', ['get', 'kind'], 'ferry'],
      paint: { 'line-color': token('azulejo'), 'line-opacity': 0.3, 'line-width': 1.2, 'line-dasharray': [4, 3] },
    },
    {
      id: 'chosen-bed', type: 'line', source: 'chosen', layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': token('panel'), 'line-width': 8 },
    },
    {
      id: 'chosen-line', type: 'line', source: 'chosen', layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': token('azulejo'), 'line-width': 4.5 },
    },
  ]; // prettier-ignore
}

function marks(): LayerSpecification[] {
  const severity: ExpressionSpecification = ['match', ['get', 'severity'], ['severe', 'extreme'], token('level-4'), ['moderate'], token('terracotta'), token('muted')];
  return [
    {
      id: 'alert-halo', type: 'line', source: 'alerts', layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': severity, 'line-opacity': 0.22, 'line-width': ['interpolate', ['linear'], ['zoom'], 11, 9, 16, 26] },
    },
    {
      id: 'picked', type: 'line', source: 'picked', filter: ['!=', ['geometry-type'], 'Point'], layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': token('azulejo'), 'line-opacity': 0.9, 'line-width': 2, 'line-gap-width': ['interpolate', ['linear'], ['zoom'], 11, 6, 16, 16] },
    },
    {
      id: 'junction', type: 'circle', source: 'junctions', minzoom: 13.5,
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 13.5, 2.5, 17, 6], 'circle-color': token('panel'),
        'circle-stroke-color': token('ink'), 'circle-stroke-width': 1.5,
      },
    },
    {
      id: 'stop', type: 'circle', source: 'stops', minzoom: 14.2, filter: ['!=', ['get', 'kind'], 'rail'],
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 14, 2, 17, 5], 'circle-color': token('azulejo'),
        'circle-stroke-color': token('panel'), 'circle-stroke-width': 1,
      },
    },
    {
      id: 'station', type: 'circle', source: 'stops', minzoom: 11, filter: ['==', ['get', 'kind'], 'rail'],
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 11, 2, 16, 6], 'circle-color': token('panel'),
        'circle-stroke-color': token('ink'), 'circle-stroke-width': 1.6,
      },
    },
  ]; // prettier-ignore
}

function pins(): LayerSpecification[] {
  const worst: ExpressionSpecification = ['match', ['get', 'severity'], ['severe', 'extreme'], token('level-4'), ['moderate'], token('terracotta'), token('muted')];
  const mark = (id: string, colour: string | ExpressionSpecification, radius: number | ExpressionSpecification): LayerSpecification => ({
    id, type: 'circle', source: id, paint: { 'circle-radius': radius, 'circle-color': colour, 'circle-stroke-color': token('panel'), 'circle-stroke-width': 2 },
  }); // prettier-ignore
  const small: ExpressionSpecification = ['in', ['get', 'severity'], ['literal', ['minor', 'info']]];
  const text = (id: string, source: string): LayerSpecification => ({
    id, type: 'symbol', source,
    layout: { 'text-field': ['get', 'n'], 'text-font': [FONT], 'text-size': 12, 'text-allow-overlap': true, 'text-ignore-placement': true },
    paint: { 'text-color': token('panel') },
  }); // prettier-ignore
  return [
    {
      id: 'spot', type: 'circle', source: 'picked', filter: ['==', ['geometry-type'], 'Point'],
      paint: { 'circle-radius': 13, 'circle-color': 'transparent', 'circle-stroke-color': token('azulejo'), 'circle-stroke-width': 3 },
    },
    mark('proposals', token('azulejo'), 10),
    text('proposal-letter', 'proposals'),
    mark('alert-pins', worst, ['match', ['get', 'severity'], ['minor', 'info'], 7, 11]),
    { ...text('alert-number', 'alert-pins'), filter: ['any', ['!', small], ['>=', ['zoom'], SMALL_FROM_ZOOM]] } as LayerSpecification,
    mark('ends', token('azulejo'), 9),
    text('end-letter', 'ends'),
  ]; // prettier-ignore
}

const SPOKEN: Record<Lang, Lang[]> = { en: ['en', 'pt', 'zh'], zh: ['zh', 'pt', 'en'], pt: ['pt', 'zh', 'en'] };

/** First name that is there, in the order of the page's language. */
function name(lang: Lang): ExpressionSpecification {
  const tries = SPOKEN[lang].flatMap((code) => [['!=', ['coalesce', ['get', code], ''], ''], ['get', code]]);
  return ['case', ...tries, ''] as unknown as ExpressionSpecification;
}

/** The name in the other official language; empty where it is the one shown already. */
function other(lang: Lang): ExpressionSpecification {
  const text: ExpressionSpecification = ['coalesce', ['get', lang === 'zh' ? 'pt' : 'zh'], ''];
  return ['case', ['==', text, name(lang)], '', text];
}

/** The name in the page's language and, smaller below it, in the other official one. */
function both(lang: Lang): ExpressionSpecification {
  return ['format', name(lang), {}, '\n', {}, other(lang), { 'font-scale': 0.82 }] as unknown as ExpressionSpecification;
}

/** Both official names on one line, for streets. */
function sideBySide(lang: Lang): ExpressionSpecification {
  return ['concat', name(lang), '  ', other(lang)];
}

function labels(lang: Lang): LayerSpecification[] {
  const text = (colour: string) => ({ 'text-color': colour, 'text-halo-color': token('land'), 'text-halo-width': 1.6 });
  const street = (id: string, rank: number[], minzoom: number): LayerSpecification => ({
    id, type: 'symbol', source: 'roads', minzoom, filter: ['all', ['==', ['get', 'm'], 1], ['>=', RANK, rank[0]], ['<', RANK, rank[1]], ['!=', name(lang), '']],
    layout: {
      'symbol-placement': 'line', 'text-field': ['step', ['zoom'], name(lang), BOTH_FROM_ZOOM, sideBySide(lang)], 'text-font': [FONT], 'symbol-spacing': 320, 'text-padding': 24,
      'text-size': ['interpolate', ['linear'], ['zoom'], 13, 10.5, 17, 13], 'text-max-angle': 35,
    },
    paint: text(token('ink')),
  }); // prettier-ignore
  const point = (id: string, source: string, minzoom: number, filter: ExpressionSpecification, size: number, colour: string, dy = 0.9): LayerSpecification => ({
    id, type: 'symbol', source, minzoom, filter,
    layout: {
      'text-field': both(lang), 'text-font': [FONT], 'text-size': size, 'text-anchor': dy ? 'top' : 'center', 'text-offset': [0, dy],
      'text-max-width': 9, 'text-padding': 6,
    },
    paint: text(colour),
  }); // prettier-ignore
  const kind = (...kinds: string[]): ExpressionSpecification => ['in', ['get', 'kind'], ['literal', kinds]];
  return [
    street('street-small', [0, 2], 15.6),
    street('street-middle', [2, 3], 14.6),
    street('street-large', [3, 9], 13.6),
    point('stop-name', 'stops', 16, ['!=', ['get', 'kind'], 'rail'], 11, token('azulejo')),
    point('place-name', 'places', 15, kind('hospital', 'park', 'landmark'), 11, token('muted'), 0),
    point('gateway-name', 'places', 13, kind('gateway', 'pier', 'bridge'), 11, token('muted'), 0),
    point('station-name', 'stops', 13.4, ['==', ['get', 'kind'], 'rail'], 11, token('ink')),
    { ...point('parish-name', 'parishes', 10, ['literal', true], 12, token('muted'), 0), maxzoom: 14.5 } as LayerSpecification,
  ];
}

/** All layers; a pure function of theme (read from the tokens), language and whether the roads show a forecast. */
export function layers(lang: Lang, forecast: boolean): LayerSpecification[] {
  return [...ground(), ...roads(forecast), ...transit(), ...marks(), ...labels(lang), ...pins()];
}
