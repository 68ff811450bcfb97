// Where a value lies between its limits: a piecewise scale on which the bands of all quantities line up.
import type { Limit, Priority } from './types';

const RANK: Record<Priority, number> = { critical: 0, high: 1, medium: 2, low: 3 };

export function worse(a: Priority | null, b: Priority | null): Priority | null {
  if (!a) return b;
  if (!b) return a;
  return RANK[a] <= RANK[b] ? a : b;
}

export function rank(priority: Priority | null): number {
  return priority ? RANK[priority] : 4;
}

export interface Tick {
  value: number;
  at: number;
  priority: Priority;
}

export interface Band {
  /** Edges of the normal band in percent of the bar. */
  from: number;
  to: number;
  low: number | null;
  high: number | null;
  ticks: Tick[];
  place: (value: number) => number;
  /** The worst limit that a value has passed. */
  crossed: (value: number) => Priority | null;
  /** The nearest limit that a value has not passed on its side away from the band, or is about to pass. */
  next: (value: number) => Tick | null;
}

const LOW_AT = 25;
const HIGH_AT = 65;
const LOWEST_AT = 11.7;
const HIGHEST_AT = 87;

/** Ends of a quantity's own scale, for bars with limits on one side only. */
const NATURAL: Record<string, [number | null, number | null]> = {
  humidity: [0, 100],
  load: [0, null],
  level: [0, 1],
  power: [0, null],
  'battery-charge': [0, 100],
  'battery-runtime': [0, 3600],
  co2: [0, null],
  age: [0, null],
};

function spread(values: number[], first: number, last: number): [number, number][] {
  return values.map((value, index) => [
    value,
    values.length === 1 ? first : first + ((last - first) * index) / (values.length - 1),
  ]);
}

/** The bar of a quantity under its limits, or nothing where no limit is a number. */
export function bandOf(quantity: string, limits: Limit[]): Band | null {
  const above = new Map<number, Priority>();
  const below = new Map<number, Priority>();
  for (const limit of limits) {
    if (typeof limit.limit !== 'number' || limit.kind === 'is') continue;
    const side = limit.kind === 'above' ? above : below;
    side.set(limit.limit, worse(side.get(limit.limit) ?? null, limit.priority) ?? limit.priority);
  }
  const highs = [...above.keys()].sort((a, b) => a - b);
  const lows = [...below.keys()].sort((a, b) => b - a);
  if (!highs.length && !lows.length) return null;

  const [floor, ceiling] = NATURAL[quantity] ?? [null, null];
  const upper = spread(highs, HIGH_AT, HIGHEST_AT);
  const lower = lows.length && !highs.length ? spread(lows, 35, 13) : spread(lows, LOW_AT, LOWEST_AT);
  const anchors = [...lower, ...upper].sort((a, b) => a[0] - b[0]);
  const firstAnchor = anchors[0] ?? [0, 0];
  const lastAnchor = anchors[anchors.length - 1] ?? [1, 100];
  if (!lows.length) {
    const end = floor ?? firstAnchor[0] - (Math.abs(firstAnchor[0]) * 0.45 || 10);
    if (end < firstAnchor[0]) anchors.unshift([end, 0]);
  }
  if (!highs.length) {
    const end = ceiling !== null && ceiling > lastAnchor[0] ? ceiling : lastAnchor[0] + (Math.abs(lastAnchor[0]) || 10);
    anchors.push([end, 100]);
  }

  const place = (value: number): number => {
    let [x0, y0] = anchors[0] ?? [0, 0];
    let [x1, y1] = anchors[1] ?? [x0 + 1, y0];
    for (let index = 1; index < anchors.length; index += 1) {
      [x0, y0] = anchors[index - 1] ?? [0, 0];
      [x1, y1] = anchors[index] ?? [1, 1];
      if (value <= x1) break;
    }
    const slope = x1 === x0 ? 1 : (y1 - y0) / (x1 - x0);
    return Math.min(100, Math.max(0, y0 + (value - x0) * slope));
  };
  const ticks = [...above, ...below].map(([value, priority]) => ({ value, at: place(value), priority }));
  ticks.sort((a, b) => a.at - b.at);
  const high = highs[0] ?? null;
  const low = lows[0] ?? null;
  return {
    from: low === null ? 0 : place(low),
    to: high === null ? 100 : place(high),
    low,
    high,
    ticks,
    place,
    crossed: (value) => {
      let found: Priority | null = null;
      for (const [limit, priority] of above) if (value > limit) found = worse(found, priority);
      for (const [limit, priority] of below) if (value < limit) found = worse(found, priority);
      return found;
    },
    next: (value) => {
      const middle = low !== null && high !== null ? (low + high) / 2 : null;
      const up = middle === null ? high !== null : value >= middle;
      return up
        ? (ticks.find((tick) => above.has(tick.value) && tick.value > value) ?? null)
        : ([...ticks].reverse().find((tick) => below.has(tick.value) && tick.value < value) ?? null);
    },
  };
}
