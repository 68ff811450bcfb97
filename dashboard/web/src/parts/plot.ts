// Builds one uPlot chart: lines with their holes, band and limits behind, gaps hatched and named, alarms as rules.
import uPlot from 'uplot';

import type { Scale } from '../data/scale';
import { dayMonth, hourMinute, number, startOfDay, weekdayDate, DAY } from '../data/format';
import type { Hole, Point } from '../data/history';
import { shown } from '../data/quantities';
import type { Priority } from '../data/contract';
import type { Words } from '../words/en';
import { paintBehind, paintOver, type Canvas } from './layers';

export interface PlotLine {
  name: string;
  points: Point[];
  holes: Hole[];
  strong: boolean;
  every: number;
}

export interface Planned {
  from: number;
  to: number;
  text: string;
}

export interface Rule {
  at: number;
  priority: Priority;
}

export interface PlotInput {
  quantity: string;
  lines: PlotLine[];
  from: number;
  to: number;
  now: number;
  band: Scale | null;
  planned: Planned[];
  rules: Rule[];
  axis: boolean;
  height: number;
  state: boolean;
  words: Words;
}

export const LEFT = 44;
export const RIGHT = 76;

/** Colours as the page has them now: a canvas does not know light-dark(). */
export function palette(host: HTMLElement): (name: string) => string {
  const probe = document.createElement('span');
  host.append(probe);
  const found = new Map<string, string>();
  const read = (name: string): string => {
    let colour = found.get(name);
    if (!colour) {
      probe.style.color = `var(--${name})`;
      colour = getComputedStyle(probe).color;
      found.set(name, colour);
    }
    return colour;
  };
  for (const name of ['ink', 'ink-2', 'ink-3', 'tick', 'line', 'band', 'inset', 'panel', 'crit', 'high', 'med', 'low']) read(name);
  probe.remove();
  return (name) => found.get(name) ?? '#888';
}

/** The common instants of all lines: nothing within a hole is null and breaks the line, nothing elsewhere is skipped. */
export function align(lines: PlotLine[], factor: number): uPlot.AlignedData {
  const instants = new Set<number>();
  for (const line of lines) {
    for (const point of line.points) instants.add(point.at + line.every / 2);
    for (const hole of line.holes) instants.add((hole.from + hole.to) / 2);
  }
  const xs = [...instants].sort((a, b) => a - b);
  const columns = lines.map((line) => {
    const values = new Map(line.points.map((point) => [point.at + line.every / 2, point.mean * factor]));
    return xs.map((at) => {
      const value = values.get(at);
      if (value !== undefined) return value;
      return line.holes.some((hole) => at > hole.from && at < hole.to) ? null : undefined;
    });
  });
  return [xs.map((at) => at / 1000), ...columns] as uPlot.AlignedData;
}

/** The least span of a chart's scale, in the unit shown. */
const LEAST: Record<string, number> = { temperature: 4, 'dew-point': 5, humidity: 15, load: 20, 'battery-charge': 20 };

/** The scale of values: the data and the nearest limits, never so tight that noise looks like trouble. */
export function bounds(input: PlotInput): [number, number] {
  const { factor } = shown(input.quantity);
  if (input.state) return [-0.25, 1.6];
  let low = Infinity;
  let high = -Infinity;
  for (const line of input.lines)
    for (const point of line.points) {
      low = Math.min(low, point.min * factor);
      high = Math.max(high, point.max * factor);
    }
  if (!Number.isFinite(low)) [low, high] = [0, 1];
  const reach = (high - low) * 1.2 + Math.abs(high) * 0.35;
  for (const tick of input.band?.ticks ?? []) {
    const at = tick.value * factor;
    if (at >= low - reach && at <= high + reach) {
      low = Math.min(low, at);
      high = Math.max(high, at);
    }
  }
  const least = LEAST[input.quantity] ?? Math.max(Math.abs(high) * 0.2, 1);
  if (high - low < least) [low, high] = [(low + high - least) / 2, (low + high + least) / 2];
  const pad = (high - low) * 0.1;
  return [low - pad, high + pad];
}

interface On {
  zoom: (from: number, to: number) => void;
  back: () => void;
  cursor: (index: number | null) => void;
}

export function build(host: HTMLElement, input: PlotInput, width: number, on: On): uPlot {
  const colour = palette(host);
  const family = getComputedStyle(host).fontFamily;
  const scale = bounds(input);
  const canvas = (plot: uPlot): Canvas => ({ plot, input, colour, strong: input.lines.find((line) => line.strong), bounds: scale });
  const options: uPlot.Options = {
    width,
    height: input.height,
    padding: [6, RIGHT, input.axis ? 0 : 4, 0],
    legend: { show: false },
    cursor: cursor(on),
    scales: {
      x: { time: true, range: () => [input.from / 1000, input.to / 1000] },
      y: { range: () => scale },
    },
    series: [
      {},
      ...input.lines.map((line): uPlot.Series => ({
        label: line.name,
        stroke: colour(line.strong ? 'ink' : 'tick'),
        width: line.strong ? 1.75 : 1,
        points: { show: false },
        spanGaps: false,
        ...(input.state ? { paths: uPlot.paths.stepped?.({ align: 1 }) } : {}),
      })),
    ],
    axes: [timeAxis(input, width, colour, family), valueAxis(input, colour, family)],
    hooks: {
      drawClear: [(plot) => paintBehind(canvas(plot))],
      drawAxes: [(plot) => paintOver(canvas(plot), family)],
      setSelect: [(plot) => selected(plot, on)],
      setCursor: [(plot) => on.cursor(plot.cursor.idx ?? null)],
    },
  };
  return new uPlot(options, align(input.lines, shown(input.quantity).factor), host);
}

function cursor(on: On): uPlot.Cursor {
  return {
    x: true,
    y: false,
    points: { show: false },
    drag: { x: true, y: false, setScale: false, dist: 6 },
    sync: { key: 'room' },
    bind: {
      dblclick: () => () => {
        on.back();
        return null;
      },
    },
  };
}

function selected(plot: uPlot, on: On): void {
  const { left, width } = plot.select;
  if (width < 6) return;
  const from = plot.posToVal(left, 'x') * 1000;
  const to = plot.posToVal(left + width, 'x') * 1000;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  on.zoom(from, to);
}

function timeAxis(input: PlotInput, width: number, colour: (name: string) => string, family: string): uPlot.Axis {
  const dayLong = input.to - input.from > 2 * DAY;
  const named = (instant: number): string => {
    const whole = startOfDay(instant) === instant;
    if (whole && !dayLong) return weekdayDate(instant).split(' ').slice(0, 2).join(' ');
    return dayLong || whole ? dayMonth(instant) : hourMinute(instant);
  };
  return {
    show: input.axis,
    size: input.axis ? 26 : 0,
    stroke: colour('ink-3'),
    font: `11px ${family}`,
    space: dayLong ? 78 : 64,
    gap: 4,
    grid: { show: false },
    ticks: { show: input.axis, stroke: colour('tick'), width: 1, size: 4 },
    splits: (_plot, _axis, least, most) => instants(least * 1000, most * 1000, Math.max(2, Math.floor((width - LEFT - RIGHT) / 92))),
    values: (_plot, splits) => splits.map((at) => named(at * 1000)),
  };
}

function valueAxis(input: PlotInput, colour: (name: string) => string, family: string): uPlot.Axis {
  return {
    size: LEFT,
    stroke: colour('ink-3'),
    font: `11px ${family}`,
    gap: 6,
    space: 30,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    ...(input.state
      ? { splits: () => [0, 1], values: () => ['', ''] }
      : {
          values: (_plot: uPlot, splits: number[]) =>
            splits.map((value) => number(value, splits.some((one) => !Number.isInteger(one)) ? 1 : 0)),
        }),
  };
}

const NICE = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 4320, 5760, 7200, 10080, 20160].map((one) => one * 60_000);

/** Round instants in the site's zone: whole hours stay whole and days begin at local midnight. */
export function instants(from: number, to: number, most: number): number[] {
  const every = NICE.find((one) => (to - from) / one <= most) ?? (to - from) / most;
  const found: number[] = [];
  if (every >= DAY) {
    let at = startOfDay(from);
    while (at <= to) {
      if (at >= from) found.push(at / 1000);
      at = startOfDay(at + every + 3 * 3_600_000);
    }
    return found;
  }
  let day = startOfDay(from);
  while (day <= to) {
    const next = startOfDay(day + DAY + 3 * 3_600_000);
    for (let at = day; at < next && at <= to; at += every) if (at >= from) found.push(at / 1000);
    day = next;
  }
  return found;
}
