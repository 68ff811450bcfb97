// Where the values of a floor plan are written: beside their sensors, off the racks, and not over one another.
import { span } from './format';
import { amount, faultWord, isState, quantityName, shown, stateWord } from './quantities';
import { groupOf, isQuietFlag, type Input, type RoomNow } from './rooms';
import type { Priority } from './contract';

export interface Label {
  series: string;
  input: Input;
  name: string;
  /** Point of the sensor. */
  x: number;
  y: number;
  left: number;
  top: number;
  textX: number;
  text: string;
  unit: string;
  /** In place of a number: a name before the word of a state. */
  caption: string;
  mark: Priority | 'unknown' | null;
  weak: boolean;
}

interface Ground {
  x: (at: number) => number;
  y: (at: number) => number;
  /** Left and right wall. */
  least: number;
  most: number;
  high: number;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const touches = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Of a sensor's series the one that tells most: what is abnormal, then a fault contact, then the first. */
function chief(inputs: Input[]): Input | null {
  const shownOnes = inputs.filter((input) => !isQuietFlag(input));
  return (
    shownOnes.find((input) => input.priority) ??
    shownOnes.find((input) => input.quantity === 'battery-runtime' || input.quantity === 'cooling-running') ??
    shownOnes[0] ??
    null
  );
}

/** One label for each sensor that has a place, the worst first so that it gets the best spot. */
export function layOut(now: RoomNow, ground: Ground): Label[] {
  const bySensor = new Map<object, Input[]>();
  for (const input of now.inputs) {
    const { x_m, y_m } = input.sensor;
    if (x_m === null || y_m === null) continue;
    bySensor.set(input.sensor, [...(bySensor.get(input.sensor) ?? []), input]);
  }
  const taken: Box[] = now.room.racks.map((rack) => ({
    left: ground.x(rack.x_m),
    top: ground.y(rack.y_m),
    right: ground.x(rack.x_m + rack.width_m),
    bottom: ground.y(rack.y_m + rack.depth_m),
  }));
  const chosen = [...bySensor.values()].map(chief).filter((input): input is Input => input !== null);
  chosen.sort((a, b) => Number(a.priority === null) - Number(b.priority === null));
  for (const input of chosen) {
    const x = ground.x(input.sensor.x_m ?? 0);
    const y = ground.y(input.sensor.y_m ?? 0);
    taken.push({ left: x - 6, top: y - 6, right: x + 6, bottom: y + 6 });
  }
  return chosen.map((input) => place(input, now, ground, taken));
}

function place(input: Input, now: RoomNow, ground: Ground, taken: Box[]): Label {
  const x = ground.x(input.sensor.x_m ?? 0);
  const y = ground.y(input.sensor.y_m ?? 0);
  const warm = groupOf(input) === 'inlet' || groupOf(input) === 'outlet';
  const weak = groupOf(input) === 'outlet';
  const age = input.reading ? span(input.age) : '';
  let text: string;
  let unit = '';
  let caption = warm ? '' : input.sensor.name;
  if (input.state === 'never' || input.value === null) {
    text = input.fault ? faultWord(input.fault) : '–';
    if (warm) caption = ' ';
  } else if (isState(input.quantity)) text = stateWord(input.quantity, input.value);
  else {
    text = amount(input.quantity, input.value);
    unit = `${shown(input.quantity).unit} ${age}`;
    if (!warm) {
      text = `${text} ${shown(input.quantity).unit}`;
      if (input.quantity !== 'temperature') caption = `${input.sensor.name}, ${quantityName(input.quantity).toLowerCase()}`;
    }
  }
  const mark = input.priority ?? (input.state === 'good' ? null : 'unknown');
  const space = mark ? 20 : 0;
  const wide =
    space + (caption.trim() ? (caption.length + text.length + 1) * 6.4 : text.length * (weak ? 8 : 9.6) + unit.length * 6.2 + 3);
  const high = 19;
  const rack = now.room.racks.find((one) => one.id === input.sensor.rack);
  const above = rack ? (input.sensor.y_m ?? 0) < rack.y_m + rack.depth_m / 2 : false;
  const spots: [number, number][] = [];
  const rows = above ? [-27, 9, -46, 28] : [9, -27, 28, -46];
  for (const row of rows) for (const shift of [-wide / 2, -10, -wide + 10]) spots.push([x + shift, y + row]);
  const beside: [number, number][] = [
    [x + 10, y - high / 2],
    [x - 10 - wide, y - high / 2],
  ];
  const tried = rack ? [...spots, ...beside] : [...beside, ...spots];
  const fits = ([left, top]: [number, number]): boolean => {
    const box = { left, top, right: left + wide, bottom: top + high };
    return box.left >= ground.least && box.right <= ground.most && box.top >= 2 && box.bottom <= ground.high - 2 && !taken.some((other) => touches(box, other));
  };
  const spot = tried.find(fits) ?? tried[0] ?? [x, y];
  const left = Math.max(ground.least, Math.min(ground.most - wide, spot[0]));
  const top = spot[1];
  taken.push({ left, top, right: left + wide, bottom: top + high });
  return { series: input.series, input, name: input.sensor.name, x, y, left, top, textX: left + space, text, unit, caption, mark, weak };
}
