/** Instants are milliseconds inside the page; local time of the city exists only where it is shown. */

import type { Instant } from './types';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Milliseconds of an ISO text, or of UTC nanoseconds; NaN where there is none. */
export function ms(instant: Instant | null | undefined): number {
  if (instant === null || instant === undefined || instant === '') return NaN;
  return typeof instant === 'number' ? instant / 1e6 : Date.parse(instant);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions, locale = 'en-GB'): Intl.DateTimeFormat {
  const key = zone + locale + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })));
  return found;
}

/** `17:42`, or `17:42:05`. */
export function clock(t: number, zone: string, seconds = false): string {
  if (!Number.isFinite(t)) return '–';
  return format(zone, { hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}) }).format(t);
}

/** `Sat 21 Nov`, in the page's language. */
export function day(t: number, zone: string, locale: string): string {
  return format(zone, { weekday: 'short', day: 'numeric', month: 'short' }, locale).format(t);
}

/** Minutes since local midnight. */
export function minuteOfDay(t: number, zone: string): number {
  const [hours, minutes] = clock(t, zone).split(':').map(Number);
  return hours * 60 + minutes;
}
