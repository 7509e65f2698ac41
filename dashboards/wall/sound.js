/** A sound for new urgent alarms, and whether the browser lets us be heard. */

/** Hz and seconds: falling triads, thrice for an emergency, once for high (in the manner of IEC 60601-1-8). */
const NOTES = [880, 740, 587];
const NOTE = 0.16;
const PAUSE = 0.35;
const TIMES = { 1: 3, 2: 1 };
const LOUDNESS = 0.5;

export class Sound {
  constructor() {
    this.context = new AudioContext();
  }

  get muted() {
    return this.context.state !== "running";
  }

  /** Ask the browser again; it agrees after a gesture, or when started with autoplay allowed. */
  async wake() {
    await this.context.resume();
  }

  play(severity) {
    if (this.muted) return;
    let at = this.context.currentTime + 0.02;
    for (let time = 0; time < TIMES[severity]; time += 1) {
      for (const pitch of NOTES) {
        this.note(pitch, at);
        at += NOTE;
      }
      at += PAUSE;
    }
  }

  note(pitch, at) {
    const tone = new OscillatorNode(this.context, { type: "triangle", frequency: pitch });
    const gain = new GainNode(this.context, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.015);
    gain.gain.linearRampToValueAtTime(0, at + NOTE);
    tone.connect(gain).connect(this.context.destination);
    tone.start(at);
    tone.stop(at + NOTE);
  }

  close() {
    this.context.close();
  }
}
