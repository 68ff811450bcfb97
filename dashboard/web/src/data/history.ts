// Readings of the past: windows for lines, with the holes in them.
import { get } from './api';
import type { Hole as Told, Windows } from './contract';

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

/** A series in windows, with its holes: where nothing is known the server says why. */
export async function windows(
  series: string,
  from: number,
  to: number,
  every: { seconds: number; text: string },
  signal?: AbortSignal,
): Promise<{ points: Point[]; holes: Hole[] }> {
  const answer = await get<Windows>(
    `windows?series=${encodeURIComponent(series)}&${span(from, to)}&every=${every.text}`,
    signal,
  );
  return {
    points: answer.points.map(([at, min, mean, max]) => ({ at, min, mean, max })),
    holes: answer.holes.map(named),
  };
}

function named({ from, to, fault, why }: Told): Hole {
  return { from, to, why: fault ?? why ?? '', fault: fault !== null };
}

/** A chart's line with its holes. */
export async function line(
  series: string,
  from: number,
  to: number,
  signal?: AbortSignal,
  points?: number,
): Promise<Line> {
  const size = step(from, to, points);
  const found = await windows(series, from, to, size, signal);
  return { series, every: size.seconds * 1000, ...found };
}
