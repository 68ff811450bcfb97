// Builds one uPlot chart: lines with their holes, band and limits behind, gaps hatched and named, alarms as rules.
import uPlot from 'uplot';

import type { Band } from '../data/bands';
import { dayMonth, hourMinute, number, span, startOfDay, weekdayDate, DAY } from '../data/format';
import type { Hole, Point } from '../data/history';
import { faultWord, limitText, shown, stateWord } from '../data/quantities';
import type { Priority } from '../data/types';
import type { Words } from '../words/en';
import { FILL } from './fills';

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
  band: Band | null;
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

function hatch(context: CanvasRenderingContext2D, x: number, y: number, wide: number, high: number, gap: number): void {
  context.save();
  context.beginPath();
  context.rect(x, y, wide, high);
  context.clip();
  context.beginPath();
  for (let at = x - high; at < x + wide; at += gap) {
    context.moveTo(at, y + high);
    context.lineTo(at + high, y);
  }
  context.stroke();
  context.restore();
}

export function build(host: HTMLElement, input: PlotInput, width: number, on: {
  zoom: (from: number, to: number) => void;
  back: () => void;
  cursor: (index: number | null) => void;
}): uPlot {
  const colour = palette(host);
  const { factor } = shown(input.quantity);
  const family = getComputedStyle(host).fontFamily;
  const [low, high] = bounds(input);
  const strong = input.lines.findIndex((line) => line.strong);

  const behind = (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    const ratio = uPlot.pxRatio;
    const y = (value: number): number =>
      Math.max(bbox.top, Math.min(bbox.top + bbox.height, plot.valToPos(value * factor, 'y', true)));
    const x = (at: number): number =>
      Math.max(bbox.left, Math.min(bbox.left + bbox.width, plot.valToPos(at / 1000, 'x', true)));
    ctx.save();
    if (input.band) {
      const top = input.band.high === null ? bbox.top : y(input.band.high);
      const bottom = input.band.low === null ? bbox.top + bbox.height : y(input.band.low);
      ctx.globalAlpha = 0.42;
      ctx.fillStyle = colour('band');
      ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
      ctx.globalAlpha = 1;
    }
    if (input.now < input.to) {
      const left = x(input.now);
      ctx.fillStyle = colour('inset');
      ctx.fillRect(left, bbox.top, bbox.left + bbox.width - left, bbox.height);
      ctx.fillStyle = colour('ink');
      ctx.fillRect(Math.round(left), bbox.top, ratio, bbox.height);
    }
    for (const planned of input.planned) {
      const left = x(planned.from);
      const wide = x(planned.to) - left;
      if (wide <= 0) continue;
      ctx.strokeStyle = colour('line');
      ctx.lineWidth = 2 * ratio;
      hatch(ctx, left, bbox.top, wide, bbox.height, 8 * ratio);
      ctx.strokeStyle = colour('tick');
      ctx.lineWidth = ratio;
      ctx.strokeRect(left, bbox.top, wide, bbox.height);
    }
    ctx.restore();
  };

  const before = (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    const ratio = uPlot.pxRatio;
    const right = bbox.left + bbox.width;
    const bottom = bbox.top + bbox.height;
    ctx.save();
    ctx.font = `${11 * ratio}px ${family}`;
    ctx.textBaseline = 'middle';
    // A window's least and greatest: a short peak is seen also where a point stands for an hour.
    const drawn = input.lines[strong];
    if (drawn && !input.state) {
      ctx.save();
      ctx.fillStyle = colour('ink-3');
      ctx.globalAlpha = 0.3;
      const half = Math.max(ratio, ((plot.valToPos((input.from + drawn.every) / 1000, 'x', true) - plot.valToPos(input.from / 1000, 'x', true)) / 2));
      for (const point of drawn.points) {
        const px = plot.valToPos((point.at + drawn.every / 2) / 1000, 'x', true);
        const top = plot.valToPos(point.max * factor, 'y', true);
        const foot = plot.valToPos(point.min * factor, 'y', true);
        if (px >= bbox.left && px <= right && foot - top > ratio) ctx.fillRect(px - half, top, half * 2, foot - top);
      }
      ctx.restore();
    }
    // What lies beyond the limit is filled, in the colour of the worst limit that it passes.
    const line = input.lines[strong];
    const { band } = input;
    if (line && band?.high !== null && band !== null) {
      const limit = plot.valToPos(band.high * factor, 'y', true);
      const peak = line.points.reduce((most, point) => Math.max(most, point.mean), -Infinity);
      const priority = band.crossed(peak);
      if (priority && peak > band.high) {
        ctx.save();
        ctx.beginPath();
        ctx.rect(bbox.left, bbox.top, bbox.width, Math.max(0, limit - bbox.top));
        ctx.clip();
        ctx.beginPath();
        let open = false;
        let lastX = 0;
        for (const point of line.points) {
          const px = plot.valToPos((point.at + line.every / 2) / 1000, 'x', true);
          const py = plot.valToPos(point.mean * factor, 'y', true);
          const cut = line.holes.some((hole) => hole.to <= point.at + 1 && hole.to > point.at - line.every);
          if (!open || cut) {
            if (open) ctx.lineTo(lastX, limit);
            ctx.moveTo(px, limit);
            open = true;
          }
          ctx.lineTo(px, py);
          lastX = px;
        }
        ctx.lineTo(lastX, limit);
        ctx.fillStyle = colour(FILL[priority]);
        ctx.globalAlpha = 0.85;
        ctx.fill();
        ctx.restore();
      }
    }
    if (input.state) {
      // The words of a state do not fit beside the chart: they stand on their lines.
      ctx.fillStyle = colour('ink-3');
      ctx.textAlign = 'left';
      for (const value of [0, 1])
        ctx.fillText(stateWord(input.quantity, value), bbox.left + 6 * ratio, plot.valToPos(value, 'y', true) - 9 * ratio);
    }
    const labels: number[] = [];
    for (const tick of [...(band?.ticks ?? [])].reverse()) {
      const value = tick.value * factor;
      if (value < low || value > high) continue;
      const y = Math.round(plot.valToPos(value, 'y', true)) + 0.5;
      const worst = tick.priority === 'critical';
      ctx.strokeStyle = colour(worst ? 'ink-2' : 'tick');
      ctx.lineWidth = (worst ? 1.5 : 1) * ratio;
      ctx.setLineDash(worst ? [] : [4 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(right, y);
      ctx.stroke();
      if (labels.every((other) => Math.abs(other - y) > 12 * ratio)) {
        labels.push(y);
        const word = worst ? input.words.chart.critical : tick.value === band?.low ? input.words.chart.low : input.words.chart.high;
        ctx.fillStyle = colour('ink-3');
        ctx.textAlign = 'left';
        ctx.fillText(`${limitText(input.quantity, tick.value)} ${word}`, right + 8 * ratio, y);
      }
    }
    ctx.setLineDash([1 * ratio, 2 * ratio]);
    ctx.lineWidth = ratio;
    for (const rule of input.rules) {
      const x = plot.valToPos(rule.at / 1000, 'x', true);
      if (x < bbox.left || x > right) continue;
      ctx.strokeStyle = colour('ink-3');
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bottom);
      ctx.stroke();
    }
    ctx.setLineDash([]);
    // Holes of the strong line: dotted edges, hatch on the axis, and the reason in words where there is room.
    for (const hole of line?.holes ?? []) {
      const left = Math.max(bbox.left, plot.valToPos(hole.from / 1000, 'x', true));
      const end = Math.min(right, plot.valToPos(hole.to / 1000, 'x', true));
      if (end <= left) continue;
      const wide = Math.max(2 * ratio, end - left);
      ctx.strokeStyle = colour('tick');
      ctx.lineWidth = 1.6 * ratio;
      hatch(ctx, left, bottom - 7 * ratio, wide, 7 * ratio, 5 * ratio);
      ctx.lineWidth = ratio;
      ctx.setLineDash([1 * ratio, 3 * ratio]);
      ctx.beginPath();
      for (const x of [left, left + wide]) {
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bottom);
      }
      ctx.stroke();
      ctx.setLineDash([]);
      const words = [hole.fault ? faultWord(hole.why) : input.words.chart.noData, span(hole.to - hole.from)];
      if (wide > 44 * ratio && bbox.height > 60 * ratio) {
        ctx.fillStyle = colour('ink-3');
        ctx.textAlign = 'center';
        words.forEach((word, index) => ctx.fillText(word, left + wide / 2, bottom - (34 - index * 13) * ratio));
      }
    }
    for (const planned of input.axis ? [] : input.planned) {
      const left = Math.max(bbox.left, plot.valToPos(planned.from / 1000, 'x', true));
      const end = Math.min(right, plot.valToPos(planned.to / 1000, 'x', true));
      const wide = ctx.measureText(planned.text).width;
      if (end - left < Math.min(wide, 60 * ratio) || bbox.height < 100 * ratio) continue;
      ctx.fillStyle = colour('ink-2');
      ctx.textAlign = 'left';
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, bbox.top, end - left, bbox.height);
      ctx.clip();
      ctx.fillText(planned.text, left + 6 * ratio, bbox.top + 26 * ratio);
      ctx.restore();
    }
    ctx.restore();
  };

  const dayLong = input.to - input.from > 2 * DAY;
  const options: uPlot.Options = {
    width,
    height: input.height,
    padding: [6, RIGHT, input.axis ? 0 : 4, 0],
    legend: { show: false },
    cursor: {
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
    },
    scales: {
      x: { time: true, range: () => [input.from / 1000, input.to / 1000] },
      y: { range: () => [low, high] },
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
    axes: [
      {
        show: input.axis,
        size: input.axis ? 26 : 0,
        stroke: colour('ink-3'),
        font: `11px ${family}`,
        space: dayLong ? 78 : 64,
        gap: 4,
        grid: { show: false },
        ticks: { show: input.axis, stroke: colour('tick'), width: 1, size: 4 },
        splits: (_plot, _axis, least, most) => instants(least * 1000, most * 1000, Math.max(2, Math.floor((width - LEFT - RIGHT) / 92))),
        values: (_plot, splits) =>
          splits.map((at) => {
            const instant = at * 1000;
            const whole = startOfDay(instant) === instant;
            return dayLong || whole ? (whole && !dayLong ? weekdayDate(instant).split(' ').slice(0, 2).join(' ') : dayMonth(instant)) : hourMinute(instant);
          }),
      },
      {
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
      },
    ],
    hooks: {
      drawClear: [behind],
      drawAxes: [before],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 6) return;
          const from = plot.posToVal(left, 'x') * 1000;
          const to = plot.posToVal(left + wide, 'x') * 1000;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          on.zoom(from, to);
        },
      ],
      setCursor: [(plot) => on.cursor(plot.cursor.idx ?? null)],
    },
  };
  return new uPlot(options, align(input.lines, factor), host);
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
