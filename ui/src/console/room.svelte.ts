/** What the control room knows and shows: one state, fed by the API and its events. */

import { get, listed, Problem, send } from '../lib/api';
import { city } from '../lib/city.svelte';
import { follow } from '../lib/events';
import { say } from '../lib/lang.svelte';
import { indexed } from '../lib/network';
import { DAY, HOUR, MINUTE, ms } from '../lib/time';
import type { Alert, Decision, Network, Session, Stop, TrafficState, Vehicles } from '../lib/types';
import type { Ground } from '../map/city-map';

export interface Junction {
  id: string;
  names: Record<string, string>;
  lon: number;
  lat: number;
}

export interface Line {
  id: string;
  kind: string;
  name: string;
  names?: Record<string, string>;
  colour?: string;
  shapes?: [number, number][][];
}

export type Selection =
  | { kind: 'alert' | 'decision' | 'segment' | 'stop' | 'junction' | 'vehicle'; id: string }
  | { kind: 'place'; id: string; names: Record<string, string>; lon: number; lat: number };

export type Desk = 'desk' | 'roads' | 'signals' | 'transit' | 'health';

export const SPAN_MIN = { past: -24 * 60, future: 60 };
const SEVERITY = { extreme: 0, severe: 1, moderate: 2, minor: 3, info: 4 };
const OPEN_STATES = new Set(['proposed']);
const TOPICS = ['alerts', 'decisions', 'traffic', 'transit', 'health'];
const VEHICLES_EVERY_S = 10;
const SETTLE_MS = 250;

class Room {
  network = $state.raw<Network>();
  ground = $state.raw<Ground>();
  traffic = $state.raw<TrafficState>();
  /** Now's roads, whatever the time line shows. */
  present = $state.raw<TrafficState>();
  vehicles = $state.raw<Vehicles>();
  alerts = $state.raw<Alert[]>([]);
  ended = $state.raw<Alert[]>([]);
  decisions = $state.raw<Decision[]>([]);
  stops = $state.raw<Stop[]>([]);
  lines = $state.raw<Line[]>([]);
  junctions = $state.raw<Junction[]>([]);
  session = $state.raw<Session>();
  desk = $state<Desk>('desk');
  selection = $state.raw<Selection>();
  /** Minutes from now that the map shows: 0 is live, up to +60 forecast, down to −24 h history. */
  cursor = $state(0);
  trouble = $state('');
  logInOpen = $state(false);
  /** Rises when a health or feed event arrives: panels that show them load again. */
  pulse = $state(0);
  /** Where the map should look next. */
  look = $state.raw<{ geometry: NonNullable<Alert['geometry']> }>();
  index = new Map<string, number>();
  #settle = new Map<string, ReturnType<typeof setTimeout>>();
  #asking: AbortController | undefined;

  open = $derived(this.decisions.filter((one) => OPEN_STATES.has(one.state)));
  worst = $derived(
    [...this.alerts].sort(
      (a, b) => Number(!!a.acknowledged_by) - Number(!!b.acknowledged_by) || SEVERITY[a.severity] - SEVERITY[b.severity] || (b.measure ?? 0) - (a.measure ?? 0),
    ),
  );
  synthetic = $derived([this.present?.label, this.vehicles?.label].includes('synthetic'));
  operator = $derived(!!this.session?.actor && !['public', 'viewer', 'anonymous'].includes(this.session.role));

  /** Loads what the first picture needs, then the rest. */
  async start(): Promise<void> {
    const [, ground, network] = await Promise.all([city.load(), get<Ground>('/api/city/basemap'), get<Network>('/api/traffic/network')]);
    this.index = indexed(network);
    this.ground = ground;
    this.network = network;
    await this.reload();
    void this.#try(async () => void (this.lines = listed<Line>(await get('/api/transit/lines'))));
    void this.#try(async () => void (this.stops = listed<Stop>(await get('/api/transit/stops'))));
    void this.#try(async () => void (this.junctions = listed<Junction>(await get('/api/traffic/junctions'))));
    void this.#try(async () => void (this.session = await get<Session>('/api/session')));
  }

  async reload(): Promise<void> {
    await Promise.all([this.loadTraffic(), this.loadVehicles(), this.loadAlerts(), this.loadDecisions()]);
  }

  /** Follows the city's events, and asks again now and then in case one was missed; ends with the returned call. */
  listen(): () => void {
    const loads: Record<string, () => Promise<void>> = {
      alerts: () => this.loadAlerts(),
      decisions: () => this.loadDecisions(),
      traffic: () => this.loadTraffic(),
      transit: () => this.loadVehicles(),
      resync: () => this.reload(),
      health: async () => void this.pulse++,
    };
    const stop = follow(
      TOPICS,
      ({ topic }) => {
        const load = loads[topic.split('.')[0]];
        if (load) this.#soon(topic, load);
      },
      (reached) => {
        if (reached && !city.reached) void city.load().then(() => this.reload());
        city.reached = reached;
      },
    );
    const every = (seconds: number, load: () => Promise<void>) =>
      setInterval(() => city.reached && !document.hidden && void load(), Math.max(2000, (seconds * 1000) / city.speed));
    const timers = [
      every(60, () => this.loadTraffic()),
      every(VEHICLES_EVERY_S, () => this.loadVehicles()),
      every(120, () => this.loadAlerts()),
      every(120, () => this.loadDecisions()),
    ];
    return () => {
      stop();
      timers.forEach(clearInterval);
    };
  }

  /** City time that the map shows, ms. */
  get shown(): number {
    return city.now + this.cursor * MINUTE;
  }

  /** Moves the time line; the map follows as fast as the city answers. */
  moveTo(minutes: number): void {
    const next = Math.round(Math.max(SPAN_MIN.past, Math.min(SPAN_MIN.future, minutes)));
    if (next === this.cursor) return;
    this.cursor = next;
    this.#soon('cursor', async () => void (await Promise.all([this.loadTraffic(), this.loadVehicles()])), 60);
  }

  async loadTraffic(): Promise<void> {
    const minutes = this.cursor;
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    await this.#try(async () => {
      const traffic = await get<TrafficState>('/api/traffic/state', minutes < 0 ? { at: this.#at(minutes) } : { horizon: minutes }, asking.signal);
      if (minutes !== this.cursor) return;
      this.traffic = traffic;
      if (minutes === 0) this.present = traffic;
    });
  }

  async loadVehicles(): Promise<void> {
    const minutes = this.cursor;
    await this.#try(async () => {
      const vehicles = await get<Vehicles>('/api/transit/vehicles', minutes ? { at: this.#at(minutes) } : {});
      if (minutes === this.cursor) this.vehicles = vehicles;
    });
  }

  async loadAlerts(): Promise<void> {
    await this.#try(async () => void (this.alerts = listed<Alert>(await get('/api/alerts', { open: 'true' })).filter((one) => !one.ended)));
  }

  async loadEnded(): Promise<void> {
    const since = new Date(city.moment() - DAY).toISOString();
    await this.#try(async () => {
      const all = listed<Alert>(await get('/api/alerts', { open: 'false', since }));
      this.ended = all.filter((one) => one.ended).sort((a, b) => ms(b.ended) - ms(a.ended));
    });
  }

  async loadDecisions(): Promise<void> {
    await this.#try(async () => {
      const all = listed<Decision>(await get('/api/decisions'));
      this.decisions = all.sort((a, b) => ms(b.proposed) - ms(a.proposed));
    });
  }

  async acknowledge(alert: Alert): Promise<void> {
    await this.#act(async () => {
      await send('POST', `/api/alerts/${encodeURIComponent(alert.id)}/acknowledge`);
      await this.loadAlerts();
    });
  }

  async decide(decision: Decision, verdict: 'approve' | 'reject', reason = ''): Promise<void> {
    await this.#act(async () => {
      await send('POST', `/api/decisions/${encodeURIComponent(decision.id)}/${verdict}`, { reason });
      await this.loadDecisions();
    });
  }

  async logIn(name: string, password: string): Promise<void> {
    this.session = await send<Session>('POST', '/api/session', { name, password });
    this.logInOpen = false;
  }

  async logOut(): Promise<void> {
    await this.#try(async () => {
      await send('DELETE', '/api/session');
      this.session = undefined;
    });
  }

  select(selection: Selection | undefined): void {
    this.selection = selection;
    if (selection?.kind !== 'alert' && selection?.kind !== 'decision') return;
    const one = [...this.alerts, ...this.ended, ...this.decisions].find(({ id }) => id === selection.id);
    if (one?.geometry) this.look = { geometry: one.geometry };
  }

  /** Name of a segment by its id, in the page's language. */
  segmentName(id: string): string {
    const i = this.index.get(id);
    if (i === undefined || !this.network) return '';
    const { names } = this.network;
    return say({ en: names.en[i], zh: names.zh[i], pt: names.pt[i] });
  }

  #at(minutes: number): string {
    return new Date(Math.round((city.moment() + minutes * MINUTE) / MINUTE) * MINUTE).toISOString();
  }

  #soon(key: string, load: () => Promise<void>, wait = SETTLE_MS): void {
    if (this.#settle.has(key)) return;
    this.#settle.set(
      key,
      setTimeout(() => {
        this.#settle.delete(key);
        void load();
      }, wait),
    );
  }

  /** An act that needs a person: asks to log in first, tells what went wrong. */
  async #act(run: () => Promise<void>): Promise<void> {
    if (!this.operator) {
      this.logInOpen = true;
      return;
    }
    try {
      await run();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.logInOpen = true;
      else this.#tell(error);
    }
  }

  async #try(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    if (error instanceof DOMException && error.name === 'AbortError') return;
    if (error instanceof Problem && error.status === 0) city.reached = false;
    else this.trouble = error instanceof Problem ? [error.detail, error.remedy].filter(Boolean).join(' — ') : String(error);
  }
}

export const room = new Room();

/** `+30`, `−2 h`: a cursor as short text. */
export function offset(minutes: number): string {
  const sign = minutes > 0 ? '+' : '−';
  const size = Math.abs(minutes);
  return size < 120 ? `${sign}${size} min` : `${sign}${Math.round(size / (HOUR / MINUTE))} h`;
}
