// The token of each priority's fill, for drawings.
import type { Priority } from '../data/contract';

export const FILL: Record<Priority, string> = { critical: 'crit', high: 'high', medium: 'med', low: 'low' };
