// How each quantity is shown: unit, factor and decimals, or the word for a state.
import { number } from './format';
import { w } from '../words/words.svelte';

interface Shown {
  unit: string;
  factor: number;
  decimals: number;
}

const SHOWN: Record<string, Shown> = {
  temperature: { unit: '°C', factor: 1, decimals: 1 },
  'dew-point': { unit: '°C', factor: 1, decimals: 1 },
  'battery-temperature': { unit: '°C', factor: 1, decimals: 1 },
  humidity: { unit: '%RH', factor: 1, decimals: 0 },
  pressure: { unit: 'hPa', factor: 0.01, decimals: 0 },
  'differential-pressure': { unit: 'Pa', factor: 1, decimals: 1 },
  voltage: { unit: 'V', factor: 1, decimals: 0 },
  'input-voltage': { unit: 'V', factor: 1, decimals: 0 },
  'output-voltage': { unit: 'V', factor: 1, decimals: 0 },
  'battery-voltage': { unit: 'V', factor: 1, decimals: 1 },
  current: { unit: 'A', factor: 1, decimals: 1 },
  power: { unit: 'kW', factor: 0.001, decimals: 1 },
  'apparent-power': { unit: 'kVA', factor: 0.001, decimals: 1 },
  frequency: { unit: 'Hz', factor: 1, decimals: 1 },
  load: { unit: '%', factor: 100, decimals: 0 },
  level: { unit: '%', factor: 100, decimals: 0 },
  'battery-charge': { unit: '%', factor: 1, decimals: 0 },
  'battery-runtime': { unit: 'min', factor: 1 / 60, decimals: 0 },
  co2: { unit: 'ppm', factor: 1e6, decimals: 0 },
  particles: { unit: 'µg/m³', factor: 1e9, decimals: 0 },
  age: { unit: 'h', factor: 1 / 3600, decimals: 1 },
};

/** The last part of a series' name. */
export function quantityOf(series: string | null | undefined): string {
  return series?.split('/').pop() ?? '';
}

export function shown(quantity: string, unit = ''): Shown {
  return SHOWN[quantity] ?? { unit: unit === 'Cel' ? '°C' : unit, factor: 1, decimals: 1 };
}

export function isState(quantity: string): boolean {
  return quantity in w().state;
}

/** The number alone, in the shown unit. */
export function amount(quantity: string, value: number, unit?: string): string {
  const { factor, decimals } = shown(quantity, unit);
  return number(value * factor, decimals);
}

/** A limit: as few decimals as it needs. */
export function limitText(quantity: string, value: number): string {
  const scaled = value * shown(quantity).factor;
  return number(scaled, Number.isInteger(Math.round(scaled * 100) / 100) ? 0 : 1);
}

export function stateWord(quantity: string, value: number): string {
  return (w().state[quantity] ?? w().yesNo)[value ? 1 : 0];
}

/** Value and unit in one text. */
export function withUnit(quantity: string, value: number, unit?: string): string {
  if (isState(quantity)) return stateWord(quantity, value);
  const { unit: text } = shown(quantity, unit);
  return `${amount(quantity, value, unit)} ${text}`.trim();
}

export function quantityName(quantity: string): string {
  return w().quantity[quantity] ?? quantity;
}

export function faultWord(fault: string): string {
  return w().fault[fault] ?? fault;
}

export function faultHelp(fault: string): string {
  return w().faultHelp[fault] ?? fault;
}
