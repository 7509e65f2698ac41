/** How late the feed is, and by how much this machine's clock differs from the centre's. */

const WINDOW = 30;
const SHOWN = 5;
/** A frame can't come before it was sent, nor does each of half a minute take this long: then the clocks differ. */
const EARLY = -50;
const LATE = 2000;

export class Delay {
  constructor() {
    this.gaps = []; // of the last half minute's heartbeats: heard − sent, in ms
    this.skew = 0; // ms that this machine's clock is ahead of the centre's
  }

  /** Take in when a frame was sent and heard (ms). */
  note(sent, heard) {
    this.gaps.push(heard - sent);
    if (this.gaps.length > WINDOW) this.gaps.shift();
    const least = Math.min(...this.gaps);
    this.skew = least < EARLY || least > LATE ? least : 0;
  }

  /** The longest of the last few delays in ms; null before the first. */
  get recent() {
    if (!this.gaps.length) return null;
    return Math.max(0, Math.max(...this.gaps.slice(-SHOWN)) - this.skew);
  }
}
