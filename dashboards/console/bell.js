/** A line to the feed, opened with one-use tickets: rings when alerts change. */

import { feedAddress } from "../wall/feed.js";

const SILENCE = 6000;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30000;
/** Several changes within this time are told as one. */
const GATHER = 150;

export class Bell {
  constructor({ onChange, onTicket, onAlerts }) {
    this.onChange = onChange;
    this.onTicket = onTicket;
    this.onAlerts = onAlerts;
    this.groups = null;
    this.live = false;
    this.used = new Set();
    this.attempts = 0;
    this.watch = setInterval(() => this.look(), 1000);
  }

  /** Open the line, unless it is open or this ticket was used before. */
  connect(feed, ticket) {
    if (this.socket || !ticket || this.used.has(ticket)) return;
    this.used.add(ticket);
    this.heard = performance.now();
    const socket = new WebSocket(feedAddress(feed, ["alerts"], ticket));
    this.socket = socket;
    socket.onmessage = (message) => socket === this.socket && this.take(JSON.parse(message.data));
    socket.onclose = () => socket === this.socket && this.lost();
  }

  take(frame) {
    this.heard = performance.now();
    this.live = true;
    this.attempts = 0;
    if (frame.type === "snapshot") {
      const before = this.groups;
      this.groups = new Map(Object.entries(frame.state.alerts ?? {}));
      if (before) this.onAlerts(before, this.groups);
      this.ring();
    }
    if (frame.type === "delta" && this.groups) {
      const before = new Map(this.groups);
      for (const [key, group] of Object.entries(frame.items)) {
        if (group === null) this.groups.delete(key);
        else this.groups.set(key, group);
      }
      this.onAlerts(before, this.groups);
      this.ring();
    }
  }

  ring() {
    this.ringing ??= setTimeout(() => {
      this.ringing = null;
      this.onChange();
    }, GATHER);
  }

  look() {
    if (this.socket && performance.now() - this.heard > SILENCE) this.lost();
  }

  /** The line is gone: ask for a new ticket after a pause of half to whole the back-off. */
  lost() {
    const socket = this.socket;
    this.socket = null;
    this.live = false;
    socket.onmessage = socket.onclose = null;
    socket.close();
    const ceiling = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.attempts);
    this.attempts += 1;
    this.retry = setTimeout(() => this.onTicket(), ceiling * (0.5 + Math.random() / 2));
  }

  close() {
    clearInterval(this.watch);
    clearTimeout(this.retry);
    clearTimeout(this.ringing);
    if (this.socket) {
      this.socket.onmessage = this.socket.onclose = null;
      this.socket.close();
      this.socket = null;
    }
  }
}
