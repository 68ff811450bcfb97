// How each quantity is shown: unit, factor and decimals, or the word for a state.
import { number } from './format';
import { QUANTITIES, type Called } from '../words/quantities';
import { w } from '../words/words.svelte';

interface Shown {
  unit: string;
  factor: number;
  decimals: number;
}

/** What the program's table says of a quantity; nothing of one that a newer server knows. */
const called = (quantity: string): Called | undefined => QUANTITIES[quantity];

/** The last part of a series' name. */
export function quantityOf(series: string | null | undefined): string {
  return series?.split('/').pop() ?? '';
}

export function shown(quantity: string, unit = ''): Shown {
  return called(quantity)?.number ?? { unit: unit === 'Cel' ? '°C' : unit, factor: 1, decimals: 1 };
}

export function isState(quantity: string): boolean {
  return called(quantity)?.states !== undefined;
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
  return (called(quantity)?.states?.[w().code] ?? w().yesNo)[value ? 1 : 0];
}

/** Value and unit in one text. */
export function withUnit(quantity: string, value: number, unit?: string): string {
  if (isState(quantity)) return stateWord(quantity, value);
  const { unit: text } = shown(quantity, unit);
  return `${amount(quantity, value, unit)} ${text}`.trim();
}

export function quantityName(quantity: string): string {
  return called(quantity)?.name[w().code] ?? quantity;
}

export function faultWord(fault: string): string {
  return w().fault[fault] ?? fault;
}

export function faultHelp(fault: string): string {
  return w().faultHelp[fault] ?? fault;
}
