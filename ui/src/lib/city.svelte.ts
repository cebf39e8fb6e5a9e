/** The city that this page shows: its facts, its clock, and whether it can be reached. */

import { get } from './api';
import { ms } from './time';
import type { City } from './types';

class CityState {
  facts = $state.raw<City>();
  reached = $state(true);
  /** City time in ms; ticks each second. */
  now = $state(Date.now());
  #base = Date.now();
  #at = performance.now();

  get zone(): string {
    return this.facts?.timezone ?? 'UTC';
  }

  get speed(): number {
    return this.facts?.clock.speed ?? 1;
  }

  /** City time this very moment, ms. */
  moment(): number {
    return this.#base + (performance.now() - this.#at) * this.speed;
  }

  async load(): Promise<City> {
    const facts = await get<City>('/api/city');
    this.facts = facts;
    this.#base = ms(facts.clock.now);
    this.#at = performance.now();
    this.now = this.moment();
    return facts;
  }

  tick(): () => void {
    const timer = setInterval(() => (this.now = this.moment()), 1000);
    return () => clearInterval(timer);
  }
}

export const city = new CityState();
