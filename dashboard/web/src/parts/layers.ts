// What is painted on a chart beside its lines: behind them band, future and planned work; over them what lies beyond a limit, the limits, rules and holes.
import uPlot from 'uplot';

import type { Priority } from '../data/contract';
import { span } from '../data/format';
import { rank } from '../data/priority';
import { faultWord, limitText, shown, stateWord } from '../data/quantities';
import type { Scale } from '../data/scale';
import { FILL } from './fills';
import type { PlotInput, PlotLine } from './plot';

/** A chart with what is painted on it. */
export interface Canvas {
  plot: uPlot;
  input: PlotInput;
  colour: (name: string) => string;
  /** The line that the chart is about. */
  strong: PlotLine | undefined;
  /** Ends of the scale of values, in the unit shown. */
  bounds: [number, number];
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

const xOf = (plot: uPlot, at: number): number => plot.valToPos(at / 1000, 'x', true);

/** Everything behind the lines. */
export function paintBehind(canvas: Canvas): void {
  const { ctx } = canvas.plot;
  ctx.save();
  paintBand(canvas);
  paintFuture(canvas);
  for (const planned of canvas.input.planned) paintPlanned(canvas, planned.from, planned.to);
  ctx.restore();
}

/** Everything over the grid. */
export function paintOver(canvas: Canvas, family: string): void {
  const { ctx } = canvas.plot;
  ctx.save();
  ctx.font = `${11 * uPlot.pxRatio}px ${family}`;
  ctx.textBaseline = 'middle';
  paintSpread(canvas);
  paintBeyond(canvas);
  if (canvas.input.state) paintStateWords(canvas);
  paintLimits(canvas);
  paintRules(canvas);
  for (const hole of canvas.strong?.holes ?? []) paintHole(canvas, hole);
  if (!canvas.input.axis) paintPlannedNames(canvas);
  ctx.restore();
}

function paintBand({ plot, input, colour }: Canvas): void {
  const { ctx, bbox } = plot;
  const { band } = input;
  if (!band) return;
  const { factor } = shown(input.quantity);
  const y = (value: number): number => Math.max(bbox.top, Math.min(bbox.top + bbox.height, plot.valToPos(value * factor, 'y', true)));
  const top = band.high === null ? bbox.top : y(band.high);
  const bottom = band.low === null ? bbox.top + bbox.height : y(band.low);
  ctx.globalAlpha = 0.42;
  ctx.fillStyle = colour('band');
  ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  ctx.globalAlpha = 1;
}

function within({ plot }: Canvas, at: number): number {
  const { bbox } = plot;
  return Math.max(bbox.left, Math.min(bbox.left + bbox.width, xOf(plot, at)));
}

function paintFuture(canvas: Canvas): void {
  const { plot, input, colour } = canvas;
  const { ctx, bbox } = plot;
  if (input.now >= input.to) return;
  const left = within(canvas, input.now);
  ctx.fillStyle = colour('inset');
  ctx.fillRect(left, bbox.top, bbox.left + bbox.width - left, bbox.height);
  ctx.fillStyle = colour('ink');
  ctx.fillRect(Math.round(left), bbox.top, uPlot.pxRatio, bbox.height);
}

function paintPlanned(canvas: Canvas, from: number, to: number): void {
  const { ctx, bbox } = canvas.plot;
  const ratio = uPlot.pxRatio;
  const left = within(canvas, from);
  const wide = within(canvas, to) - left;
  if (wide <= 0) return;
  ctx.strokeStyle = canvas.colour('line');
  ctx.lineWidth = 2 * ratio;
  hatch(ctx, left, bbox.top, wide, bbox.height, 8 * ratio);
  ctx.strokeStyle = canvas.colour('tick');
  ctx.lineWidth = ratio;
  ctx.strokeRect(left, bbox.top, wide, bbox.height);
}

/** A window's least and greatest: a short peak is seen also where a point stands for an hour. */
function paintSpread({ plot, input, colour, strong }: Canvas): void {
  if (!strong || input.state) return;
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const { factor } = shown(input.quantity);
  ctx.save();
  ctx.fillStyle = colour('ink-3');
  ctx.globalAlpha = 0.3;
  const half = Math.max(ratio, (xOf(plot, input.from + strong.every) - xOf(plot, input.from)) / 2);
  for (const point of strong.points) {
    const px = xOf(plot, point.at + strong.every / 2);
    const top = plot.valToPos(point.max * factor, 'y', true);
    const foot = plot.valToPos(point.min * factor, 'y', true);
    if (px >= bbox.left && px <= bbox.left + bbox.width && foot - top > ratio) ctx.fillRect(px - half, top, half * 2, foot - top);
  }
  ctx.restore();
}

/** The colour of what is drawn above the band: that of the worst limit line that the peak crosses. */
export function colourBeyond(band: Scale, peak: number): Priority | null {
  const crossed = band.ticks.filter((tick) => tick.side === 'above' && peak > tick.value);
  return crossed.map((tick) => tick.priority).sort((a, b) => rank(a) - rank(b))[0] ?? null;
}

/** What lies beyond the upper limit is filled. */
function paintBeyond({ plot, input, colour, strong }: Canvas): void {
  const { band } = input;
  if (!strong || !band || band.high === null) return;
  const { ctx, bbox } = plot;
  const { factor } = shown(input.quantity);
  const limit = plot.valToPos(band.high * factor, 'y', true);
  const priority = colourBeyond(band, strong.points.reduce((most, point) => Math.max(most, point.mean), -Infinity));
  if (!priority) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, Math.max(0, limit - bbox.top));
  ctx.clip();
  ctx.beginPath();
  let open = false;
  let lastX = 0;
  for (const point of strong.points) {
    const px = xOf(plot, point.at + strong.every / 2);
    const py = plot.valToPos(point.mean * factor, 'y', true);
    const cut = strong.holes.some((hole) => hole.to <= point.at + 1 && hole.to > point.at - strong.every);
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

/** The words of a state do not fit beside the chart: they stand on their lines. */
function paintStateWords({ plot, input, colour }: Canvas): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  ctx.fillStyle = colour('ink-3');
  ctx.textAlign = 'left';
  for (const value of [0, 1])
    ctx.fillText(stateWord(input.quantity, value), bbox.left + 6 * ratio, plot.valToPos(value, 'y', true) - 9 * ratio);
}

function paintLimits({ plot, input, colour, bounds: [low, high] }: Canvas): void {
  const { ctx, bbox } = plot;
  const { band } = input;
  const ratio = uPlot.pxRatio;
  const right = bbox.left + bbox.width;
  const labels: number[] = [];
  for (const tick of [...(band?.ticks ?? [])].reverse()) {
    const value = tick.value * shown(input.quantity).factor;
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
    if (labels.some((other) => Math.abs(other - y) <= 12 * ratio)) continue;
    labels.push(y);
    const word = worst ? input.words.chart.critical : tick.value === band?.low ? input.words.chart.low : input.words.chart.high;
    ctx.fillStyle = colour('ink-3');
    ctx.textAlign = 'left';
    ctx.fillText(`${limitText(input.quantity, tick.value)} ${word}`, right + 8 * ratio, y);
  }
  ctx.setLineDash([]);
}

function paintRules({ plot, input, colour }: Canvas): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  ctx.setLineDash([1 * ratio, 2 * ratio]);
  ctx.lineWidth = ratio;
  for (const rule of input.rules) {
    const x = xOf(plot, rule.at);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colour('ink-3');
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

/** A hole of the strong line: dotted edges, hatch on the axis, and the reason in words where there is room. */
function paintHole({ plot, input, colour }: Canvas, hole: PlotLine['holes'][number]): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const bottom = bbox.top + bbox.height;
  const left = Math.max(bbox.left, xOf(plot, hole.from));
  const end = Math.min(bbox.left + bbox.width, xOf(plot, hole.to));
  if (end <= left) return;
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
  if (wide <= 44 * ratio || bbox.height <= 60 * ratio) return;
  const words = [hole.fault ? faultWord(hole.why) : input.words.chart.noData, span(hole.to - hole.from)];
  ctx.fillStyle = colour('ink-3');
  ctx.textAlign = 'center';
  words.forEach((word, index) => ctx.fillText(word, left + wide / 2, bottom - (34 - index * 13) * ratio));
}

function paintPlannedNames({ plot, input, colour }: Canvas): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  for (const planned of input.planned) {
    const left = Math.max(bbox.left, xOf(plot, planned.from));
    const end = Math.min(bbox.left + bbox.width, xOf(plot, planned.to));
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
}
