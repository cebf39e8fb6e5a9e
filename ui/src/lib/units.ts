/** UN/CEFACT unit codes as people read them. */

const SYMBOLS: Record<string, string> = {
  KMH: 'km/h',
  MTR: 'm',
  KMT: 'km',
  SEC: 's',
  MIN: 'min',
  HUR: 'h',
  P1: '%',
  CEL: '°C',
  DD: '°',
  C62: '',
  'vehicles per hour': 'veh/h',
  'vehicle-hours per hour': 'veh·h/h',
};

/** The symbol of a unit code; a text that is no code stands for itself. */
export function symbol(unit: string): string {
  return unit in SYMBOLS ? SYMBOLS[unit] : unit;
}

/** `38`, `3.8`, `0.38`: three significant digits at most, a true minus sign. */
export function figure(value: number | null | undefined, digits?: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const places = digits ?? (Math.abs(value) >= 20 || Number.isInteger(value) ? 0 : Math.abs(value) >= 2 ? 1 : 2);
  return value.toFixed(places).replace('-', '−');
}

/** `38 km/h`. */
export function measure(value: number | null | undefined, unit: string): string {
  const text = symbol(unit);
  return text ? `${figure(value)}\u202f${text}` : figure(value);
}

/** `1.2 km` or `350 m`. */
export function distance(metres: number): string {
  return metres >= 1000 ? `${(metres / 1000).toFixed(1)}\u202fkm` : `${Math.round(metres / 10) * 10}\u202fm`;
}
