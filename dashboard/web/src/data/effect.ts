// What a tripped contact does to the room: the number that a woken head wants beside the word "fault".
import { temperatures, type Input } from './rooms';

/** The inputs in which an alarm's harm shows, and whether they are the room's inlets; none for what speaks for itself. */
export function effectOf(subject: Input, inputs: Input[]): { inputs: Input[]; inlet: boolean } {
  if (subject.quantity.startsWith('cooling')) return temperatures(inputs);
  if (['mains-present', 'ups-on-battery', 'ups-on-line', 'ups-battery-low', 'input-voltage'].includes(subject.quantity)) {
    for (const quantity of ['battery-runtime', 'battery-charge']) {
      const found = inputs.filter((input) => input.quantity === quantity);
      if (found.length) return { inputs: found, inlet: false };
    }
  }
  return { inputs: [], inlet: false };
}
