// The last day of an input in windows of ten minutes, asked for again each minute, and its last minutes for the trend, each quarter of one.
import { untrack } from 'svelte';

import { DAY, MINUTE, startOfDay } from './format';
import { get } from './api';
import type { Trend } from './contract';
import { windows, type Hole, type Point } from './history';
import { live } from './live.svelte';

const EVERY = { seconds: 600, text: '600s' };
/** A room without cooling warms by degrees within a minute: an older trend misleads. */
const TREND_MS = 15_000;

export class Day {
  points: Point[] = $state.raw([]);
  holes: Hole[] = $state.raw([]);
  from = $state(0);
  to = $state(0);
  trend: Trend | null = $state.raw(null);
  readonly every = EVERY.seconds * 1000;
  private abort = new AbortController();
  private timers: ReturnType<typeof setInterval>[];

  constructor(readonly series: string) {
    // The clock must not become a reason to begin again.
    untrack(() => {
      void this.load();
      void this.loadTrend();
    });
    this.timers = [setInterval(() => void this.load(), MINUTE), setInterval(() => void this.loadTrend(), TREND_MS)];
  }

  /** Least and greatest since midnight in the site's zone, the value now included. */
  today(value: number | null): [number, number] | null {
    const midnight = startOfDay(live.now);
    let low = value ?? Infinity;
    let high = value ?? -Infinity;
    for (const point of this.points) {
      if (point.at + this.every <= midnight) continue;
      low = Math.min(low, point.min);
      high = Math.max(high, point.max);
    }
    return Number.isFinite(low) ? [low, high] : null;
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.abort.abort();
  }

  private async load(): Promise<void> {
    const to = live.now;
    const from = to - DAY;
    const { signal } = this.abort;
    try {
      const { points, holes } = await windows(this.series, from, to, EVERY, signal);
      this.points = points;
      this.holes = holes;
      this.from = from;
      this.to = to;
    } catch {
      // Contact is watched elsewhere; the old day stays.
    }
  }

  private async loadTrend(): Promise<void> {
    try {
      this.trend = await get<Trend>(`trend?series=${encodeURIComponent(this.series)}`, this.abort.signal);
    } catch {
      // As above.
    }
  }
}

/** A day is kept for a while after its last use: which inlet is hottest changes to and fro. */
const LINGER_MS = 5 * MINUTE;
const pool = new Map<string, { day: Day; users: number; timer?: ReturnType<typeof setTimeout> }>();

/** The day of a series, shared by all that show it; give it back with `release`. */
export function borrow(series: string): Day {
  let kept = pool.get(series);
  if (!kept) {
    kept = { day: new Day(series), users: 0 };
    pool.set(series, kept);
  }
  clearTimeout(kept.timer);
  kept.users += 1;
  return kept.day;
}

export function release(series: string): void {
  const kept = pool.get(series);
  if (!kept) return;
  kept.users -= 1;
  if (kept.users > 0) return;
  kept.timer = setTimeout(() => {
    kept.day.stop();
    pool.delete(series);
  }, LINGER_MS);
}
