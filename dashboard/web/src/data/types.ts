// The shapes of the HTTP API, as the server sends them: times are RFC 3339 text, chart instants milliseconds.

export type Priority = 'critical' | 'high' | 'medium' | 'low';
export type AlarmState =
  | 'normal'
  | 'active-unacknowledged'
  | 'active-acknowledged'
  | 'returned-unacknowledged'
  | 'shelved'
  | 'suppressed'
  | 'out-of-service';
export type Place =
  | 'inlet'
  | 'outlet'
  | 'supply'
  | 'return'
  | 'room'
  | 'cooling'
  | 'ups'
  | 'mains'
  | 'generator'
  | 'door'
  | 'other';
export type Availability = 'up' | 'down' | 'planned' | 'unknown' | 'out_of_hours';

export interface List<Item> {
  items: Item[];
  next: string | null;
}

export interface Session {
  user: { name: string; role: string };
  site: { id: string; name: string; zone: string; language: string };
  demo: boolean;
  version: string;
}

export interface Limit {
  series: string;
  rule: string;
  name: string;
  priority: Priority;
  kind: 'above' | 'below' | 'is';
  limit: number | boolean;
  deadband?: number;
}

export interface SeriesInfo {
  series: string;
  quantity: string;
  unit: string;
  boolean: boolean;
  stale_after_s: number;
}

export interface Sensor {
  agent: string;
  sensor: string;
  name: string;
  place: Place;
  rack: string | null;
  position: string;
  x_m: number | null;
  y_m: number | null;
  series: SeriesInfo[];
  limits: Limit[];
}

export interface Rack {
  id: string;
  name: string;
  x_m: number;
  y_m: number;
  width_m: number;
  depth_m: number;
}

export interface Room {
  id: string;
  name: string;
  floor: string;
  width_m: number;
  depth_m: number;
  racks: Rack[];
  sensors: Sensor[];
}

export interface Site {
  id: string;
  name: string;
  zone: string;
  language: string;
  rooms: Room[];
}

export interface Reading {
  series: string;
  at: string;
  value: number | null;
  unit: string;
  fault: string | null;
}

export interface Alarm {
  id: number;
  rule: string;
  name: string;
  site: string;
  room: string | null;
  room_name: string | null;
  series: string | null;
  subject: string;
  sensor_name: string | null;
  position: string | null;
  priority: Priority;
  state: AlarmState;
  input: 'known' | 'unknown';
  raised_at: string;
  returned_at: string | null;
  value: number | null;
  limit: number | null;
  unit: string | null;
  fault: string | null;
  latched: boolean;
  message: string;
  cause: string | null;
  consequence: string | null;
  response: string[] | null;
  acknowledged: { by: string; at: string; comment: string } | null;
}

export interface AlarmEvent {
  at: string;
  alarm?: number;
  from: AlarmState;
  to: AlarmState;
  cause: string;
  actor: string;
  comment: string;
}

export interface Delivery {
  at: string;
  channel: string;
  to: string;
  state: 'waiting' | 'sent' | 'failed';
  attempts: number;
  error: string | null;
}

export interface AlarmDetail extends Alarm {
  events: AlarmEvent[];
  deliveries: Delivery[];
}

export interface Milliseconds {
  up: number;
  down: number;
  planned: number;
  unknown: number;
  out_of_hours: number;
}

export interface Service {
  service: string;
  name: string;
  customer: string;
  objective: number;
  zone: string;
  now: Availability;
  month: {
    from: string;
    to: string;
    availability: number | null;
    milliseconds: Milliseconds;
    budget_milliseconds: number;
    left_milliseconds: number;
    days: { date: string; state: 'up' | 'down' | 'planned' | 'unknown' | 'none' }[];
  };
}

export interface ServiceAvailability {
  service: string;
  from: string;
  to: string;
  objective: number;
  milliseconds: Milliseconds;
  availability: number | null;
  intervals: { from: string; to: string; state: Availability; cause: string | null }[];
}

export interface Agent {
  agent: string;
  online: boolean;
  since: string | null;
  last_received: string | null;
  version: string | null;
  clock: 'synchronised' | 'free' | 'unknown';
  unsent: number | null;
  streams: { stream: string; through: number; first: number | null; last: number | null }[];
  /** Bytes that could not be read. */
  dead_letters: number;
  /** Another collector's database that acknowledges it. */
  foreign_database?: string | null;
  sensors: {
    sensor: string;
    driver: string;
    interval_s: number;
    quantities: string[];
    faults: { quantity: string; fault: string }[];
  }[];
}

export interface Windows {
  series: string;
  unit: string;
  every: string;
  points: [number, number, number, number, number, number][];
}

export interface Readings {
  series: string;
  unit: string;
  points: [number, number][];
  faults: [number, string][];
  gaps: [number, number, string][];
  next: string | null;
}

export interface Mail {
  id: number | string;
  received_at: string;
  from: string;
  to: string | string[];
  subject: string;
  text: string;
}
