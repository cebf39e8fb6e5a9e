/** What the phone page knows: where one is, where one wants to go, what moves and what is disturbed. */

import { get, listed, Problem } from '../lib/api';
import { city } from '../lib/city.svelte';
import { follow } from '../lib/events';
import { say, t } from '../lib/lang.svelte';
import type { Alert, Names, Network, Place, Stop, TrafficState, Vehicles } from '../lib/types';
import type { Ground } from '../map/city-map';

export type Mode = 'transit' | 'car' | 'foot';
export type View = 'home' | 'search' | 'stop' | 'place' | 'trip' | 'warning';

export interface Spot {
  names: Names;
  lon: number;
  lat: number;
}

export interface Step {
  name: Names;
  distance_m: number;
  duration_s: number;
  level: number | null;
}

export interface Leg {
  mode: string;
  route?: string;
  headsign?: Names | string;
  from: { names?: Names; name?: Names };
  to: { names?: Names; name?: Names };
  depart: string;
  arrive: string;
  coordinates: [number, number][];
  stops?: number | unknown[];
  realtime?: boolean;
}

export interface Trip {
  depart: string;
  arrive: string;
  arrive_early: string | null;
  arrive_late: string | null;
  distance_m?: number;
  transfers?: number;
  coordinates?: [number, number][];
  steps?: Step[];
  legs?: Leg[];
  warnings?: (Alert | string)[];
  label: string;
}

const METRES_PER_DEGREE = 111_320;
const NEAR_M = 700;

class Go {
  network = $state.raw<Network>();
  ground = $state.raw<Ground>();
  traffic = $state.raw<TrafficState>();
  vehicles = $state.raw<Vehicles>();
  stops = $state.raw<Stop[]>([]);
  alerts = $state.raw<Alert[]>([]);
  view = $state<View>('home');
  stop = $state.raw<Stop>();
  place = $state.raw<Spot>();
  warning = $state.raw<Alert>();
  from = $state.raw<Spot>();
  to = $state.raw<Spot>();
  mode = $state<Mode>('transit');
  /** Where the trip that is shown begins: the map may move on meanwhile. */
  origin = $state.raw<[number, number]>([0, 0]);
  trips = $state.raw<Trip[]>();
  chosen = $state(0);
  trouble = $state('');
  /** Which end of the trip a search fills; undefined when it looks a place up. */
  filling = $state<'from' | 'to'>();
  /** Middle of the map on the first page: where one is until the phone says otherwise. */
  centre = $state.raw<[number, number]>([0, 0]);
  here = $state.raw<[number, number]>();
  look = $state.raw<[number, number]>();
  #asked = 0;

  near = $derived.by(() => {
    const [lon, lat] = this.here ?? this.centre;
    return this.stops
      .map((stop) => ({ stop, metres: metres(lon, lat, stop.lon, stop.lat) }))
      .filter((one) => one.metres < NEAR_M)
      .sort((a, b) => a.metres - b.metres)
      .slice(0, 5);
  });
  /** What the start is called while nobody has named another. */
  get startName(): string {
    const stop = this.near[0]?.stop;
    return this.here ? t('myPlace') : stop ? t('near', { x: say(stop.names) }) : t('here');
  }

  disturbed = $derived(this.alerts.filter((one) => one.severity !== 'info' && (one.domain === 'traffic' || one.domain === 'transit')));

  async start(): Promise<void> {
    const [facts, ground, network] = await Promise.all([city.load(), get<Ground>('/api/city/basemap'), get<Network>('/api/traffic/network')]);
    const [west, south, east, north] = facts.bbox;
    this.centre = [(west + east) / 2, (south + north) / 2];
    this.ground = ground;
    this.network = network;
    void get('/api/transit/stops').then(
      (body) => {
        this.stops = listed<Stop>(body);
        this.#begin();
      },
      () => undefined,
    );
    await this.reload();
  }

  /** Until the phone says where one is, the page looks at the stop where most lines meet. */
  #begin(): void {
    const hub = [...this.stops].sort((a, b) => (b.routes?.length ?? 0) - (a.routes?.length ?? 0))[0];
    if (!hub || this.view !== 'home' || this.look) return;
    this.centre = [hub.lon, hub.lat];
    this.look = this.centre;
  }

  async reload(): Promise<void> {
    await Promise.all([this.#load('/api/traffic/state', (body) => (this.traffic = body as TrafficState)), this.loadVehicles(), this.loadAlerts()]);
  }

  async loadVehicles(): Promise<void> {
    await this.#load('/api/transit/vehicles', (body) => (this.vehicles = body as Vehicles));
  }

  async loadAlerts(): Promise<void> {
    await this.#load('/api/alerts?open=true', (body) => (this.alerts = listed<Alert>(body).filter((one) => !one.ended)));
  }

  listen(): () => void {
    const stop = follow(
      ['alerts', 'traffic'],
      ({ topic }) => void (topic === 'alerts' ? this.loadAlerts() : this.reload()),
      (reached) => {
        if (reached && !city.reached) void city.load().then(() => this.reload());
        city.reached = reached;
      },
    );
    const every = (seconds: number, load: () => Promise<void>) =>
      setInterval(() => city.reached && !document.hidden && void load(), Math.max(2000, (seconds * 1000) / city.speed));
    const timers = [every(10, () => this.loadVehicles()), every(60, () => this.reload())];
    return () => {
      stop();
      timers.forEach(clearInterval);
    };
  }

  /** Opens what a search found, or fills the end of the trip that was being searched for. */
  choose(place: Place): void {
    const spot = { names: place.names, lon: place.lon, lat: place.lat };
    if (this.filling) {
      this[this.filling] = spot;
      this.filling = undefined;
      this.view = 'trip';
      void this.plan();
      return;
    }
    const stop = this.stops.find((one) => one.id === place.id);
    if (stop) return this.openStop(stop);
    this.place = spot;
    this.look = [spot.lon, spot.lat];
    this.view = 'place';
  }

  openStop(stop: Stop): void {
    this.stop = stop;
    this.look = [stop.lon, stop.lat];
    this.view = 'stop';
  }

  /** A trip from where one is to `spot`. */
  routeTo(spot: Spot): void {
    this.to = spot;
    this.from = undefined;
    this.view = 'trip';
    void this.plan();
  }

  #start(): [number, number] {
    return this.from ? [this.from.lon, this.from.lat] : (this.here ?? this.centre);
  }

  swap(): void {
    const [lon, lat] = this.origin;
    const from = this.from ?? { names: {}, lon, lat };
    [this.from, this.to] = [this.to, from];
    void this.plan();
  }

  /** Asks the city for the way; the newest question wins. */
  async plan(): Promise<void> {
    if (!this.to) return;
    const asked = ++this.#asked;
    this.trips = undefined;
    this.trouble = '';
    this.chosen = 0;
    this.origin = this.#start();
    const ends = { from: this.origin.join(','), to: `${this.to.lon},${this.to.lat}` };
    try {
      const trips = this.mode === 'transit' ? listed<Trip>(await get('/api/transit/journeys', ends)) : [await get<Trip>('/api/traffic/route', { ...ends, mode: this.mode })];
      if (asked === this.#asked) this.trips = trips;
    } catch (error) {
      if (asked !== this.#asked) return;
      this.trouble = error instanceof Problem ? [error.detail, error.remedy].filter(Boolean).join(' — ') : String(error);
      this.trips = [];
    }
  }

  locate(): void {
    navigator.geolocation?.getCurrentPosition(
      ({ coords }) => {
        this.here = [coords.longitude, coords.latitude];
        this.look = this.here;
      },
      () => undefined,
      { enableHighAccuracy: true, timeout: 8000 },
    );
  }

  async #load(path: string, take: (body: unknown) => void): Promise<void> {
    try {
      take(await get(path));
    } catch (error) {
      if (error instanceof Problem && error.status === 0) city.reached = false;
    }
  }
}

export function metres(lon1: number, lat1: number, lon2: number, lat2: number): number {
  return Math.hypot((lon2 - lon1) * Math.cos((lat1 * Math.PI) / 180), lat2 - lat1) * METRES_PER_DEGREE;
}

export const go = new Go();
