// The sound of this screen: turned on by whoever stands before it, kept by this browser, heard as long as something calls and nobody has silenced it.
import { SILENCE_MS, calls, heard, type Call, type Silence } from './alert';
import { live } from './live.svelte';

const KEY = 'plenum-sound';
/** A figure of tones each so often. */
const EVERY_MS = 2_000;
/** What is critical rises; what is wrong with the monitor itself falls. */
const FIGURES: Record<Call['why'], number[]> = { critical: [740, 988, 740, 988], untold: [660, 495, 370], lost: [495, 370] };

class Sound {
  on = $state(localStorage.getItem(KEY) === 'on');
  /** Whether the browser waits for somebody to touch the page. */
  refused = $state(false);
  readonly able = 'AudioContext' in window;
  private silence: Silence | null = $state.raw(null);
  private context: AudioContext | null = null;

  private found = $derived(calls(live.alarms.values(), live.contact === 'lost' ? live.now - live.lostSince : 0));
  /** What is heard now. */
  readonly heard: Call[] = $derived(this.on ? heard(this.found, this.silence, live.now) : []);
  /** Until when what calls is silent; 0 where it is not. */
  readonly silentUntil: number = $derived(this.on && this.found.length && !this.heard.length ? (this.silence?.until ?? 0) : 0);

  /** Turns it on or off, by a click: only after one may a page sound. */
  turn(on: boolean): void {
    this.on = on;
    this.silence = null;
    localStorage.setItem(KEY, on ? 'on' : 'off');
    if (on) void this.wake().then(() => this.play([880]));
  }

  hush(): void {
    this.silence = { keys: this.found.map(({ key }) => key), until: live.now + SILENCE_MS };
  }

  again(): void {
    this.silence = null;
  }

  /** Sounds for what calls, from now on; gives what ends that. */
  start(): () => void {
    if (!this.able) return () => undefined;
    const touched = (): void => {
      if (this.on && this.context?.state !== 'running') void this.wake();
    };
    addEventListener('pointerdown', touched);
    addEventListener('keydown', touched);
    if (this.on) void this.wake();
    const timer = setInterval(() => {
      if (!this.on) return;
      this.refused = this.context?.state !== 'running';
      const worst = (['critical', 'untold', 'lost'] as const).find((why) => this.heard.some((call) => call.why === why));
      if (worst) this.play(FIGURES[worst]);
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      removeEventListener('pointerdown', touched);
      removeEventListener('keydown', touched);
    };
  }

  private async wake(): Promise<void> {
    if (!this.able) return;
    this.context ??= new AudioContext();
    // Where nobody has touched the page this waits until somebody does.
    const waits = new Promise((done) => setTimeout(done, 500));
    await Promise.race([this.context.resume().catch(() => undefined), waits]);
    this.refused = this.context.state !== 'running';
  }

  private play(tones: number[]): void {
    const { context } = this;
    if (context?.state !== 'running') return;
    tones.forEach((frequency, place) => {
      const [at, tone, gain] = [context.currentTime + place * 0.2, context.createOscillator(), context.createGain()];
      tone.frequency.value = frequency;
      tone.type = 'triangle';
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(0.6, at + 0.02);
      gain.gain.linearRampToValueAtTime(0, at + 0.17);
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.18);
    });
  }
}

export const sound = new Sound();
