/** The answers of the HTTP API, as docs/http-api.md describes them. */

export type Names = Record<string, string>;
export type Instant = string | number;
export type Lang = 'en' | 'zh' | 'pt';

export interface Source {
  file?: string;
  title: string;
  publisher?: string;
  url?: string;
  licence?: string;
  date?: string;
  label: string;
  note?: string;
}

export interface City {
  name: string;
  titles: Names;
  bbox: [number, number, number, number];
  timezone: string;
  languages: string[];
  drives_on?: 'left' | 'right';
  clock: { now: Instant; speed: number; kind: string };
  sources: Source[];
  version: string;
}

export interface Network {
  ids: string[];
  classes: (string | number)[];
  names: { zh: string[]; pt: string[]; en: string[] };
  length_m: number[];
  lanes: number[];
  free_speed_kmh: number[];
  bridge: boolean[];
  access: number[];
  coordinates: number[][];
  label: string;
  source: string;
}

export interface TrafficState {
  time: Instant;
  issued: Instant;
  horizon_min: number;
  speed_kmh: (number | null)[];
  level: (number | null)[];
  low_kmh: (number | null)[];
  high_kmh: (number | null)[];
  quality: (number | null)[];
  label: string;
  source: string;
}

export type Geometry =
  | { type: 'Point'; coordinates: [number, number] }
  | { type: 'LineString'; coordinates: [number, number][] }
  | { type: 'MultiLineString'; coordinates: [number, number][][] };

export interface Alert {
  id: string;
  domain: string;
  kind: string;
  severity: 'info' | 'minor' | 'moderate' | 'severe' | 'extreme';
  title: Names;
  entities: string[];
  geometry: Geometry | null;
  since: Instant;
  updated: Instant;
  until: Instant | null;
  ended: Instant | null;
  measure: number | null;
  measure_unit: string;
  label: string;
  acknowledged_by: string;
  acknowledged_at: Instant | null;
}

export interface Effect {
  metric: string;
  unit: string;
  value: number;
  low: number;
  high: number;
  confidence: number;
  method: string;
}

export interface Decision {
  id: string;
  domain: string;
  action: string;
  parameters: Record<string, unknown>;
  entities: string[];
  title: Names;
  cost: Names;
  level: string;
  state: string;
  proposed: Instant;
  expires: Instant;
  evidence: { note: Names; series: string; observed: Instant | null; value: number | null; unit: string }[];
  alternatives: { name: Names; parameters: Record<string, unknown>; predicted: Effect | null }[];
  predicted: Effect | null;
  measured: Effect | null;
  decided_by: string;
  decided_at: Instant | null;
  reason: string;
  applied_at: Instant | null;
  measured_at: Instant | null;
  geometry: Geometry | null;
  label: string;
  model: string;
}

export interface Session {
  actor: string;
  role: string;
  department: string;
}

export interface Vehicles {
  time: Instant;
  id: string[];
  kind: string[];
  route: string[];
  headsign: (Names | string)[];
  lon: number[];
  lat: number[];
  bearing: number[];
  speed_kmh: (number | null)[];
  delay_s: (number | null)[];
  predicted: boolean[];
  label: string;
  source?: string;
}

export interface Stop {
  id: string;
  kinds: string[];
  names: Names;
  lon: number;
  lat: number;
  routes?: string[];
}

export interface Departure {
  route: string;
  headsign: Names | string;
  scheduled: Instant;
  expected: Instant;
  early: Instant | null;
  late: Instant | null;
  realtime: boolean;
  delay_s: number | null;
  kind: string;
  estimate: boolean;
  label: string;
}

export interface Place {
  kind: string;
  id: string;
  names: Names;
  lon: number;
  lat: number;
  detail?: string | Names;
}

export interface Series {
  id: number;
  entity: string;
  attribute: string;
  unit: string;
  label: string;
  source: string;
}

export interface History {
  time: Instant[];
  mean: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  unit: string;
  label: string;
  source: string;
}

export interface Forecast {
  issued: Instant;
  model: string;
  target: Instant[];
  q10: (number | null)[];
  q50: (number | null)[];
  q90: (number | null)[];
}
