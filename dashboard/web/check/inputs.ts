// Inputs as the server's answers make them, for tests.
import type { Priority, Quantity, Sensor } from '../src/data/contract';
import type { Input, RoomNow } from '../src/data/rooms';

export function sensor(name: string, changes: Partial<Sensor> = {}): Sensor {
  return { agent: 'pi', sensor: name, name, place: 'other', rack: null, position: '', x_m: null, y_m: null, series: [], limits: [], ...changes };
}

export function input(of: Sensor, quantity: Quantity, value: number | null, changes: Partial<Input> = {}): Input {
  const series = `site/${of.agent}/${of.sensor}/${quantity}`;
  return {
    series,
    quantity,
    unit: '',
    sensor: of,
    info: { series, quantity, unit: '', boolean: false, stale_after_s: 60, band: null },
    reading: { series, at: '2026-06-18T03:12:05.000Z', value, unit: '', fault: null },
    value,
    state: 'good',
    fault: null,
    age: 4000,
    band: null,
    priority: null,
    beyond: null,
    next: null,
    alarm: null,
    ...changes,
  };
}

export function room(inputs: Input[], changes: Partial<RoomNow['room']> = {}): RoomNow {
  const drawn = { id: 'room-a', name: 'Room A', floor: '', width_m: 8, depth_m: 5, racks: [], sensors: [], ...changes };
  return { room: drawn, inputs, alarms: [], worst: null, good: inputs.length, lost: [], outside: [], oldest: 0, wellSince: null };
}

export const bad = (priority: Priority): Partial<Input> => ({ priority, beyond: priority });
