/** The city's mean road speed over the last day and the next hour: what the time line is drawn on. */

import { get } from '../lib/api';
import { city } from '../lib/city.svelte';
import { meanSpeed } from '../lib/network';
import { MINUTE } from '../lib/time';
import type { Network, TrafficState } from '../lib/types';
import { SPAN_MIN } from './room.svelte';

export interface Point {
  /** City time, ms. */
  time: number;
  mean: number;
  low: number;
  high: number;
}

const PAST_STEP_MIN = 30;
const AHEAD_MIN = [0, 5, 10, 15, 20, 30, 40, 50, 60];

class CityLine {
  past = $state.raw<Point[]>([]);
  ahead = $state.raw<Point[]>([]);
  #known = new Map<number, Point>();
  #busy = false;

  /** Loads what is missing, one small question after the other so that the map always goes first. */
  async load(network: Network): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#loadAhead(network);
      await this.#loadPast(network);
    } catch {
      // The line stays as it was; the strip works without it.
    } finally {
      this.#busy = false;
    }
  }

  async #loadAhead(network: Network): Promise<void> {
    const ahead: Point[] = [];
    const now = city.moment();
    for (const minutes of AHEAD_MIN) {
      const state = await get<TrafficState>('/api/traffic/state', { horizon: minutes });
      ahead.push(point(network, state, now + minutes * MINUTE));
    }
    this.ahead = ahead.filter((one) => Number.isFinite(one.mean));
  }

  async #loadPast(network: Network): Promise<void> {
    const step = PAST_STEP_MIN * MINUTE;
    const newest = Math.floor(city.moment() / step) * step;
    const oldest = city.moment() + SPAN_MIN.past * MINUTE;
    for (let time = newest; time > oldest; time -= step) {
      if (!this.#known.has(time)) {
        const state = await get<TrafficState>('/api/traffic/state', { at: new Date(time).toISOString() });
        this.#known.set(time, point(network, state, time));
      }
      const known = [...this.#known.values()].filter((one) => one.time > oldest && Number.isFinite(one.mean));
      this.past = known.sort((a, b) => a.time - b.time);
    }
  }
}

function point(network: Network, state: TrafficState, time: number): Point {
  const [mean, low, high] = [state.speed_kmh, state.low_kmh, state.high_kmh].map((column) => meanSpeed(network, column));
  return { time, mean, low: Number.isFinite(low) ? low : mean, high: Number.isFinite(high) ? high : mean };
}

export const cityLine = new CityLine();
