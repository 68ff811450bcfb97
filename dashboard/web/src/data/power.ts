// A room's power chain, from mains over the UPS to the racks, as far as its inputs tell.
import type { Input } from './rooms';

export interface Chain {
  mains: { voltage: Input | null; present: Input | null } | null;
  generator: { running: Input | null; carrying: Input | null } | null;
  ups: {
    name: string;
    runtime: Input | null;
    load: Input | null;
    charge: Input | null;
    onBattery: boolean | null;
    flag: Input | null;
  } | null;
  /** Drawn by racks: each input, and their sum if all are good. */
  racks: { inputs: Input[]; sum: number | null } | null;
}

const good = (input: Input | null | undefined): boolean => input?.state === 'good';

export function chainOf(inputs: Input[]): Chain | null {
  const one = (test: (input: Input) => boolean): Input | null => inputs.find(test) ?? null;
  const voltage =
    one((input) => input.quantity === 'voltage' && input.sensor.place === 'mains') ??
    one((input) => input.quantity === 'input-voltage');
  const present = one((input) => input.quantity === 'mains-present');
  const running = one((input) => input.quantity === 'generator-running');
  const carrying = one((input) => input.quantity === 'generator-carrying');
  const ups = one((input) => input.sensor.place === 'ups' || input.quantity.startsWith('ups-'));
  const ofUps = (quantity: string): Input | null =>
    inputs.find((input) => input.sensor === ups?.sensor && input.quantity === quantity) ?? null;
  const battery = ofUps('ups-on-battery');
  const line = ofUps('ups-on-line');
  const power = inputs.filter((input) => input.quantity === 'power');
  const chain: Chain = {
    mains: voltage || present ? { voltage, present } : null,
    generator: running || carrying ? { running, carrying } : null,
    ups: ups
      ? {
          name: ups.sensor.name,
          runtime: ofUps('battery-runtime'),
          load: ofUps('load'),
          charge: ofUps('battery-charge'),
          onBattery: good(battery) ? battery?.value === 1 : good(line) ? line?.value === 0 : null,
          flag: good(battery) ? battery : line,
        }
      : null,
    racks: power.length
      ? {
          inputs: power,
          sum: power.every(good) ? power.reduce((sum, input) => sum + (input.value ?? 0), 0) : null,
        }
      : null,
  };
  return chain.mains || chain.generator || chain.ups || chain.racks ? chain : null;
}

/** Whether mains stands, as far as anything says so. */
export function mainsStand(chain: Chain): boolean | null {
  const present = chain.mains?.present;
  if (good(present)) return present?.value === 1;
  if (chain.ups && chain.ups.onBattery !== null) return !chain.ups.onBattery;
  const voltage = chain.mains?.voltage;
  return good(voltage) ? (voltage?.value ?? 0) > 100 : null;
}
