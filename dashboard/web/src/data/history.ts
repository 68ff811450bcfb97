// Readings of the past: windows for lines, and for each hole in them the reason why.
import { get, serverNow } from './api';
import type { Readings, Windows } from './types';

export interface Point {
  at: number;
  min: number;
  mean: number;
  max: number;
}

export interface Hole {
  from: number;
  to: number;
  /** A fault's word, or what the server says about the gap; empty where nothing is known. */
  why: string;
  fault: boolean;
}

export interface Line {
  series: string;
  every: number;
  points: Point[];
  holes: Hole[];
}

/** Widths of windows that give a chart about 300 points. */
const STEPS: [number, string][] = [
  [1, '1s'],
  [2, '2s'],
  [5, '5s'],
  [10, '10s'],
  [30, '30s'],
  [60, '60s'],
  [120, '120s'],
  [300, '300s'],
  [600, '600s'],
  [1800, '1800s'],
  [3600, '3600s'],
  [7200, '7200s'],
];

export function step(from: number, to: number, points = 360): { seconds: number; text: string } {
  const wanted = (to - from) / 1000 / points;
  const found = STEPS.find(([seconds]) => seconds >= wanted) ?? STEPS[STEPS.length - 1];
  return { seconds: found?.[0] ?? 7200, text: found?.[1] ?? '7200s' };
}

function span(from: number, to: number): string {
  return `from=${encodeURIComponent(new Date(from).toISOString())}&to=${encodeURIComponent(new Date(to).toISOString())}`;
}

export async function windows(
  series: string,
  from: number,
  to: number,
  every: { seconds: number; text: string },
  signal?: AbortSignal,
): Promise<Point[]> {
  const answer = await get<Windows>(
    `windows?series=${encodeURIComponent(series)}&${span(from, to)}&every=${every.text}`,
    signal,
  );
  return answer.points.map(([at, min, mean, max]) => ({ at, min, mean, max }));
}

/** Spans without a window that are longer than an input may be silent. */
export function holesIn(points: Point[], from: number, to: number, every: number, silence: number): Hole[] {
  const least = Math.max(every * 1.5, silence);
  const found: Hole[] = [];
  let end = from;
  for (const point of points) {
    if (point.at - end > least) found.push({ from: end, to: point.at, why: '', fault: false });
    end = Math.max(end, point.at + every);
  }
  if (to - end > least) found.push({ from: end, to, why: '', fault: false });
  return found;
}

const MOST_HOLES_ASKED = 6;

/** A chart's line with its holes, the longest of them explained. */
export async function line(
  series: string,
  from: number,
  to: number,
  staleSeconds: number,
  signal?: AbortSignal,
  points?: number,
): Promise<Line> {
  const size = step(from, to, points);
  const every = size.seconds * 1000;
  const found = await windows(series, from, to, size, signal);
  // What is still to come is not a hole.
  const holes = holesIn(found, from, Math.min(to, serverNow()), every, staleSeconds * 1000);
  const longest = [...holes].sort((a, b) => b.to - b.from - (a.to - a.from)).slice(0, MOST_HOLES_ASKED);
  await Promise.all(
    longest.map(async (hole) => {
      const answer = await get<Readings>(
        `readings?series=${encodeURIComponent(series)}&${span(hole.from, hole.to)}&limit=500`,
        signal,
      ).catch(() => null);
      const fault = answer?.faults[0]?.[1];
      hole.fault = fault !== undefined;
      hole.why = fault ?? answer?.gaps[0]?.[2] ?? '';
    }),
  );
  return { series, every, points: found, holes };
}

/** Kelvins (or what the unit is) per minute, or null where that is not known: over the last 90 s, or over the last six minutes of an input that is read seldom. */
export function slope(points: Point[], now: number): number | null {
  const near = points.filter((point) => point.at >= now - 90_000);
  const recent = near.length >= 6 ? near : points.filter((point) => point.at >= now - 6 * 60_000);
  if (recent.length < 3) return null;
  const count = recent.length;
  const meanX = recent.reduce((sum, point) => sum + point.at, 0) / count;
  const meanY = recent.reduce((sum, point) => sum + point.mean, 0) / count;
  let above = 0;
  let below = 0;
  for (const point of recent) {
    above += (point.at - meanX) * (point.mean - meanY);
    below += (point.at - meanX) ** 2;
  }
  return below === 0 ? null : (above / below) * 60_000;
}
