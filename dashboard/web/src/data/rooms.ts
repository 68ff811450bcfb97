// What a room says now: its inputs with their state, its alarms, its worst, its hottest.
import { live } from './live.svelte';
import { isState } from './quantities';
import { w } from '../words/words.svelte';
import type { Alarm, BandLimit, Condition, Place, Priority, Reading, Room, Sensor, SensorSeries } from './contract';
import { rank } from './priority';
import { scaleOf, type Scale } from './scale';

/** One series with all that a screen says about it. */
export interface Input {
  series: string;
  quantity: string;
  unit: string;
  sensor: Sensor;
  info: SensorSeries;
  reading: Reading | null;
  /** A number or 0 and 1, the last good one; null where the last answer was a fault or none came. */
  value: number | null;
  /** Whether it can be believed, as the server judges it. */
  state: Condition;
  fault: string | null;
  /** Age of the last answer in milliseconds. */
  age: number;
  band: Scale | null;
  /** How bad its value is, as the server judges it by its active alarm and the limits it has passed. */
  priority: Priority | null;
  /** The worst limit that it is beyond. */
  beyond: Priority | null;
  /** The limit that it would pass next. */
  next: BandLimit | null;
  alarm: Alarm | null;
}

export function isActive(alarm: Alarm): boolean {
  return alarm.state === 'active-unacknowledged' || alarm.state === 'active-acknowledged';
}

export function isOpen(alarm: Alarm): boolean {
  return isActive(alarm) || alarm.state === 'returned-unacknowledged';
}

/** A person, another alarm or work in progress has it out of the way. */
export function isAside(alarm: Alarm): boolean {
  return ['shelved', 'out-of-service', 'suppressed', 'work'].includes(alarm.state);
}

/** When what lies over an alarm ends, or is to be looked at again; none where only another alarm decides. */
export function asideUntil(alarm: Alarm): string | null {
  return alarm.shelved?.until ?? alarm.work?.until ?? alarm.out_of_service?.review ?? null;
}

/** Who put it aside and why: a person's own word before the work's, and that before the alarm's owner; none where another alarm stands for it. */
export function asideBy(alarm: Alarm): { by: string; reason: string } | null {
  return alarm.shelved ?? alarm.work ?? alarm.out_of_service ?? null;
}

/** Alarms that something lies over: what ends first before the rest. */
export function asideAlarms(): Alarm[] {
  const ends = (alarm: Alarm): number => Date.parse(asideUntil(alarm) ?? '9999-01-01T00:00:00Z');
  return [...live.alarms.values()].filter(isAside).sort((a, b) => ends(a) - ends(b) || rank(a.priority) - rank(b.priority));
}

/** Nobody's before somebody's, then by priority, then the newest. */
export function compareAlarms(a: Alarm, b: Alarm): number {
  const stage = (alarm: Alarm): number =>
    alarm.state === 'active-unacknowledged' ? 0 : alarm.state === 'active-acknowledged' ? 1 : 2;
  return stage(a) - stage(b) || rank(a.priority) - rank(b.priority) || Date.parse(b.raised_at) - Date.parse(a.raised_at);
}

/** What is wrong, or was and nobody has seen it: no drill. */
export function openAlarms(): Alarm[] {
  return [...live.alarms.values()].filter((alarm) => isOpen(alarm) && !alarm.drill).sort(compareAlarms);
}

/** The drills of the alarm chain that go on. */
export function openDrills(): Alarm[] {
  return [...live.alarms.values()].filter((alarm) => isOpen(alarm) && alarm.drill);
}

export function inputOf(sensor: Sensor, info: SensorSeries, now: number): Input {
  const reading = live.latest.get(info.series) ?? null;
  const judged = live.inputs.get(info.series);
  return {
    series: info.series,
    quantity: info.quantity,
    unit: info.unit,
    sensor,
    info,
    reading,
    value: reading?.value ?? null,
    state: judged?.condition ?? 'never',
    fault: reading?.fault ?? null,
    age: reading ? Math.max(0, now - Date.parse(reading.at)) : 0,
    band: scaleOf(info.quantity, info.band),
    priority: judged?.priority ?? null,
    beyond: judged?.beyond ?? null,
    next: judged?.next ?? null,
    alarm: live.alarms.get(judged?.alarm ?? -1) ?? null,
  };
}

export function inputsOf(room: Room, now: number): Input[] {
  return room.sensors.flatMap((sensor) => sensor.series.map((info) => inputOf(sensor, info, now)));
}

/** A room's name on the screen; what stands in none has a name in the reader's language. */
export function roomName(room: Room): string {
  return room.id === '' ? w().room.notPlaced : room.name;
}

export interface RoomNow {
  room: Room;
  inputs: Input[];
  alarms: Alarm[];
  worst: Alarm | null;
  good: number;
  lost: Input[];
  outside: Input[];
  /** Age of the oldest input that still answers. */
  oldest: number;
  /** When its last alarm ended, where that is known. */
  wellSince: number | null;
}

export function roomNow(room: Room, now: number): RoomNow {
  const inputs = inputsOf(room, now);
  const agents = new Set(room.sensors.map((sensor) => sensor.agent));
  const alarms = openAlarms().filter((alarm) => belongs(alarm, room, agents));
  const good = inputs.filter((input) => input.state === 'good');
  let wellSince: number | null = null;
  for (const alarm of live.alarms.values())
    if (alarm.room === room.id && alarm.returned_at)
      wellSince = Math.max(wellSince ?? 0, Date.parse(alarm.returned_at));
  return {
    room,
    inputs,
    alarms,
    worst: alarms[0] ?? null,
    good: good.length,
    lost: inputs.filter((input) => input.state !== 'good'),
    outside: good.filter((input) => input.priority !== null),
    oldest: good.reduce((most, input) => Math.max(most, input.age), 0),
    wellSince,
  };
}

function belongs(alarm: Alarm, room: Room, agents: Set<string>): boolean {
  if (alarm.room) return alarm.room === room.id;
  if (alarm.series) return room.id === '' && agents.has(alarm.series.split('/')[1] ?? '');
  return false;
}

/** Worst first, else in the order in which the site lists them. */
export function compareRooms(a: RoomNow, b: RoomNow): number {
  const score = ({ worst, outside, lost, inputs }: RoomNow): number => {
    if (worst && isActive(worst)) return rank(worst.priority) + (worst.state === 'active-acknowledged' ? 0.5 : 0);
    if (outside.length) return 4;
    if (worst) return 5;
    return lost.length && inputs.length ? 6 : 7;
  };
  return score(a) - score(b);
}

/** The inputs that a card shows as its temperature: at inlets, else in the room's air, else any. */
export function temperatures(inputs: Input[]): { inputs: Input[]; inlet: boolean } {
  const all = inputs.filter((input) => input.quantity === 'temperature');
  const at = (...places: Place[]): Input[] => all.filter((input) => places.includes(input.sensor.place));
  const inlets = at('inlet');
  if (inlets.length) return { inputs: inlets, inlet: true };
  const air = at('room');
  return { inputs: air.length ? air : at('other', 'return', 'supply', 'ups', 'cooling'), inlet: false };
}

/** The highest good value; where none is good, the first that ever was. */
export function hottest(inputs: Input[]): Input | null {
  const known = inputs.filter((input) => input.value !== null);
  const good = known.filter((input) => input.state === 'good');
  const among = good.length ? good : known;
  return among.reduce<Input | null>(
    (most, input) => (most === null || (input.value ?? 0) > (most.value ?? 0) ? input : most),
    null,
  ) ?? inputs[0] ?? null;
}

/** Two inlets within noise of each other would change places at each reading: the one shown stays until it is clearly beaten. */
const NOISE = 0.3;

/** `hottest` for one place on one screen, which remembers what it showed. */
export function steadyHottest(): (inputs: Input[]) => Input | null {
  let kept = '';
  return (inputs) => {
    const most = hottest(inputs);
    const last = inputs.find((input) => input.series === kept && input.state === 'good');
    const chosen = last && most && (most.value ?? 0) - (last.value ?? 0) < NOISE ? last : most;
    kept = chosen?.series ?? '';
    return chosen;
  };
}

/** Of several inputs of a quantity the one that is worst, else the highest. */
export function foremost(inputs: Input[], quantity: string): Input | null {
  const all = inputs.filter((input) => input.quantity === quantity);
  const bad = all.filter((input) => input.state === 'good' && input.priority).sort((a, b) => rank(a.priority) - rank(b.priority));
  return bad[0] ?? hottest(all);
}

export type Group = 'inlet' | 'cooling' | 'outlet' | 'air' | 'power' | 'contact' | 'other';
export const GROUPS: Group[] = ['inlet', 'cooling', 'outlet', 'air', 'power', 'contact', 'other'];

const ELECTRIC =
  /voltage|current|power|frequency|^load$|^battery|^ups-|^mains|^generator/;

/** The part of a room's list in which an input stands. */
export function groupOf(input: Input): Group {
  const { quantity } = input;
  const { place } = input.sensor;
  if (isState(quantity) && !quantity.startsWith('cooling') && !ELECTRIC.test(quantity)) return 'contact';
  if (quantity.startsWith('cooling') || place === 'cooling' || place === 'supply' || place === 'return') return 'cooling';
  if (ELECTRIC.test(quantity) || place === 'ups' || place === 'mains' || place === 'generator') return 'power';
  if (quantity === 'humidity' || quantity === 'dew-point' || quantity === 'co2' || quantity === 'particles') return 'air';
  if (quantity === 'temperature' && place === 'inlet') return 'inlet';
  if (quantity === 'temperature' && place === 'outlet') return 'outlet';
  if (place === 'room') return 'air';
  return 'other';
}

/** A device's flag that is as it should be says nothing, and a UPS has a dozen of them. */
export function isQuietFlag(input: Input): boolean {
  const spokenFor =
    input.quantity.startsWith('ups-') ||
    (input.quantity === 'cooling-fault' && input.sensor.series.some((info) => info.quantity === 'cooling-running'));
  return spokenFor && input.state === 'good' && input.value === 0 && !input.priority;
}

/** Unknown and out of band first, in each group; else the order of the site. */
export function compareInputs(a: Input, b: Input): number {
  const score = (input: Input): number => (input.priority ? rank(input.priority) : input.state === 'good' ? 6 : 5);
  return score(a) - score(b);
}

/** What stands beside a sensor's name where it has more than one series. */
export function needsQuantity(input: Input, among: Input[]): boolean {
  return among.some((other) => other !== input && other.sensor === input.sensor) && !isState(input.quantity);
}
