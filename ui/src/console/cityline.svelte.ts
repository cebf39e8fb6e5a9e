/** The city's mean road speed over the last day and the next hour: what the time line is drawn on. */

import { get } from '../lib/api';
import { city } from '../lib/city.svelte';
import { MINUTE, ms } from '../lib/time';
import type { Forecast, History, Instant, Series } from '../lib/types';
import { SPAN_MIN } from './room.svelte';

export interface Point {
  /** City time, ms. */
  time: number;
  mean: number;
  low: number;
  high: number;
}

const PAST_STEP_MIN = 15;

class CityLine {
  past = $state.raw<Point[]>([]);
  ahead = $state.raw<Point[]>([]);

  /** Loads the series of the city's mean speed: its past and its newest forecast. */
  async load(): Promise<void> {
    try {
      const name = city.facts!.name;
      const entity = `urn:ngsi-ld:City:${name}:${name}`;
      const [series] = await get<Series[]>('/api/series', { entity, attribute: 'speed' });
      if (!series) return;
      const path = `/api/series/${encodeURIComponent(series.id)}`;
      const now = city.moment();
      const range = { from: iso(now + SPAN_MIN.past * MINUTE), to: iso(now), step: PAST_STEP_MIN * 60 };
      const [history, forecast] = await Promise.all([get<History>(`${path}/history`, range), get<Forecast>(`${path}/forecast`)]);
      this.past = points(history.time, history.mean, history.mean, history.mean);
      this.ahead = points(forecast.target, forecast.q50, forecast.q10, forecast.q90).filter((one) => one.time >= now - 5 * MINUTE && one.time <= now + 60 * MINUTE);
    } catch {
      // The line stays as it was; the strip works without it.
    }
  }
}

const iso = (time: number) => new Date(time).toISOString();

type Column = (number | null)[];

function points(times: Instant[], mean: Column, low: Column, high: Column): Point[] {
  return times.flatMap((time, i) => (mean[i] === null ? [] : [{ time: ms(time), mean: mean[i]!, low: low[i] ?? mean[i]!, high: high[i] ?? mean[i]! }]));
}

export const cityLine = new CityLine();
