// Numbers, times and durations as people read them: the language's decimals, the site's zone, words for spans.
import { store } from './session.svelte';
import { w } from '../words/words.svelte';

const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions, zone?: string): Intl.DateTimeFormat {
  const timeZone = zone ?? store.zone;
  const key = JSON.stringify([w().locale, timeZone, options]);
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(w().locale, { timeZone, ...options });
    formats.set(key, found);
  }
  return found;
}

export function ms(at: string | number): number {
  return typeof at === 'number' ? at : Date.parse(at);
}

export function number(value: number, decimals = 0): string {
  // A zero has no sign, whatever side it was rounded from.
  const rounded = Number(value.toFixed(decimals)) === 0 ? 0 : value;
  return rounded
    .toLocaleString(w().locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
    .replace('-', '−');
}

/** A ratio as percent; never rounded up to 100 unless it is 1. */
export function percent(ratio: number, decimals = 3): string {
  const scale = 10 ** decimals;
  const value = ratio >= 1 ? 100 : Math.floor(ratio * 100 * scale + 1e-9) / scale;
  return number(value, decimals);
}

/** An objective with as many decimals as it has: 99.9, 99.95. */
export function objective(ratio: number): string {
  return `${(ratio * 100).toLocaleString(w().locale, { maximumFractionDigits: 4 })} %`;
}

export function clock(at: string | number, zone?: string): string {
  return format({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }, zone).format(ms(at));
}

export function hourMinute(at: string | number, zone?: string): string {
  return format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, zone).format(ms(at));
}

export function weekdayDate(at: string | number, zone?: string): string {
  return format({ weekday: 'short', day: 'numeric', month: 'long' }, zone).format(ms(at)).replace(',', '');
}

export function dayMonth(at: string | number, zone?: string): string {
  return format({ day: 'numeric', month: 'short' }, zone).format(ms(at));
}

export function weekdayShort(at: string | number, zone?: string): string {
  return format({ weekday: 'short' }, zone).format(ms(at));
}

export function month(at: string | number, zone?: string): string {
  return format({ month: 'long' }, zone).format(ms(at));
}

/** A day of any year: the end of what holds for long. */
export function dayOfYear(at: string | number, zone?: string): string {
  return format({ day: 'numeric', month: 'short', year: 'numeric' }, zone).format(ms(at));
}

export function monthYear(at: string | number, zone?: string): string {
  return format({ month: 'long', year: 'numeric' }, zone).format(ms(at));
}

export function dayNumber(at: string | number, zone?: string): number {
  return civil(ms(at), zone).day;
}

/** The whole instant with its zone, for the hover. */
export function full(at: string | number, zone?: string): string {
  return format(
    {
      weekday: 'long',
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
    },
    zone,
  ).format(ms(at));
}

interface Civil {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** Civil date and time of an instant in a zone. */
export function civil(at: number, zone = store.zone): Civil {
  const key = `civil ${zone}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23',
    });
    formats.set(key, found);
  }
  const out: Record<string, number> = {};
  for (const part of found.formatToParts(at)) out[part.type] = Number(part.value);
  return out as unknown as Civil;
}

/** The instant of a civil date's midnight in a zone; months and days may overflow. */
export function midnight(year: number, monthIndex: number, day: number, zone = store.zone): number {
  const wanted = Date.UTC(year, monthIndex, day);
  let guess = wanted;
  for (let round = 0; round < 3; round += 1) {
    const seen = civil(guess, zone);
    const shown = Date.UTC(seen.year, seen.month - 1, seen.day, seen.hour, seen.minute, seen.second);
    if (shown === wanted) break;
    guess += wanted - shown;
  }
  return guess;
}

export function startOfDay(at: number, zone = store.zone): number {
  const { year, month: monthNumber, day } = civil(at, zone);
  return midnight(year, monthNumber - 1, day, zone);
}

/** Today's instants by the clock, others by their day. */
export function short(at: string | number, now: number, zone?: string): string {
  const instant = ms(at);
  return startOfDay(instant, zone ?? store.zone) === startOfDay(now, zone ?? store.zone)
    ? clock(instant, zone)
    : `${weekdayDate(instant, zone)}, ${hourMinute(instant, zone)}`;
}

/** An instant in a sentence: the time, or the day if it is another one. */
export function brief(at: string | number, now: number): string {
  const instant = ms(at);
  return startOfDay(instant) === startOfDay(now) ? hourMinute(instant) : weekdayDate(instant);
}

/** A span in words, in one unit or two: 26 s, 4 min, 2 h 48 min, 3 days. */
export function span(milliseconds: number): string {
  const words = w().duration;
  const seconds = Math.max(0, Math.round(milliseconds / SECOND));
  if (seconds < 60) return `${seconds} ${words.s}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} ${words.min}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} ${words.h} ${minutes % 60} ${words.min}` : `${hours} ${words.h}`;
  const days = Math.floor(hours / 24);
  return `${days} ${days === 1 ? words.day : words.days}`;
}

/** A span to the second, for sums that have to add up: 406 h 59 min 01 s. */
export function exact(milliseconds: number): string {
  const words = w().duration;
  const seconds = Math.round(milliseconds / SECOND);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  const two = (part: number): string => String(part).padStart(2, '0');
  if (hours) return `${number(hours)} ${words.h} ${two(minutes)} ${words.min} ${two(rest)} ${words.s}`;
  if (minutes) return `${minutes} ${words.min} ${two(rest)} ${words.s}`;
  return `${rest} ${words.s}`;
}

/** The same without the parts that are nought at its end: 4 h, 4 h 05 min, 6 min 10 s. */
export function compact(milliseconds: number): string {
  const words = w().duration;
  const seconds = Math.round(milliseconds / SECOND);
  if (seconds >= 3600 && seconds % 3600 === 0) return `${number(seconds / 3600)} ${words.h}`;
  if (seconds >= 60 && seconds % 60 === 0) return exact(milliseconds).replace(new RegExp(` 00 ${words.s}$`), '');
  return exact(milliseconds);
}

/** Hours, minutes and seconds with colons: 406:59:01. */
export function colons(milliseconds: number): string {
  const seconds = Math.round(milliseconds / SECOND);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
}

/** Minutes with one decimal below a hundred. */
export function minutes(milliseconds: number): string {
  const value = milliseconds / MINUTE;
  return number(value, Math.abs(value) < 100 ? 1 : 0);
}
