// Where a value is drawn between its limits: a piecewise scale on which the bands of all quantities line up. What is normal and what is next
// the server says; this says only where on the bar that lies.
import type { Band, BandLimit } from './contract';

export interface Tick extends BandLimit {
  /** Place on the bar in percent. */
  at: number;
}

export interface Scale {
  /** Edges of the normal band in percent of the bar. */
  from: number;
  to: number;
  low: number | null;
  high: number | null;
  ticks: Tick[];
  place: (value: number) => number;
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

type Anchor = [value: number, at: number];

function spread(values: number[], first: number, last: number): Anchor[] {
  return values.map((value, index) => [
    value,
    values.length === 1 ? first : first + ((last - first) * index) / (values.length - 1),
  ]);
}

/** The places of the limits, and an end where there is no limit on a side. */
function anchorsOf(quantity: string, band: Band): Anchor[] {
  const of = (side: BandLimit['side']): number[] => band.limits.filter((limit) => limit.side === side).map((limit) => limit.value);
  const highs = of('above').sort((a, b) => a - b);
  const lows = of('below').sort((a, b) => b - a);
  const [floor, ceiling] = NATURAL[quantity] ?? [null, null];
  const upper = spread(highs, HIGH_AT, HIGHEST_AT);
  const lower = lows.length && !highs.length ? spread(lows, 35, 13) : spread(lows, LOW_AT, LOWEST_AT);
  const anchors = [...lower, ...upper].sort((a, b) => a[0] - b[0]);
  const first = anchors[0] ?? [0, 0];
  const last = anchors[anchors.length - 1] ?? [1, 100];
  if (!lows.length) {
    const end = floor ?? first[0] - (Math.abs(first[0]) * 0.45 || 10);
    if (end < first[0]) anchors.unshift([end, 0]);
  }
  if (!highs.length) {
    const end = ceiling !== null && ceiling > last[0] ? ceiling : last[0] + (Math.abs(last[0]) || 10);
    anchors.push([end, 100]);
  }
  return anchors;
}

function placeOn(anchors: Anchor[], value: number): number {
  let [x0, y0] = anchors[0] ?? [0, 0];
  let [x1, y1] = anchors[1] ?? [x0 + 1, y0];
  for (let index = 1; index < anchors.length; index += 1) {
    [x0, y0] = anchors[index - 1] ?? [0, 0];
    [x1, y1] = anchors[index] ?? [1, 1];
    if (value <= x1) break;
  }
  const slope = x1 === x0 ? 1 : (y1 - y0) / (x1 - x0);
  return Math.min(100, Math.max(0, y0 + (value - x0) * slope));
}

/** The bar of a quantity with its band, or nothing where it has none. */
export function scaleOf(quantity: string, band: Band | null): Scale | null {
  if (!band) return null;
  const anchors = anchorsOf(quantity, band);
  const place = (value: number): number => placeOn(anchors, value);
  const { low, high } = band;
  return {
    from: low === null ? 0 : place(low),
    to: high === null ? 100 : place(high),
    low,
    high,
    ticks: band.limits.map((limit) => ({ ...limit, at: place(limit.value) })).sort((a, b) => a.at - b.at),
    place,
  };
}
