/** One WebSocket to the feed: reconnects with back-off and jitter, resumes where it was, knows when it is stale. */

const STALE_AFTER = 3000;
const REOPEN_AFTER = 6000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10000;
const HANDSHAKE = 8000;
const LOOK = 200;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]", "0.0.0.0"]);
/** Close codes by which the feed says that it doesn't know this screen, or doesn't serve this page. */
const REFUSALS = new Set([1008, 4400, 4401, 4403]);

/** The feed's address; where it names this very machine, the one that served the page is meant. */
export function feedAddress(feed, topics, token) {
  const url = new URL(feed);
  if (LOOPBACK.has(url.hostname) && !LOOPBACK.has(location.hostname)) url.hostname = location.hostname;
  url.searchParams.set("topics", topics.join(","));
  url.searchParams.set("token", token);
  return url;
}

export class Feed {
  /**
   * @param {() => URL} address where to connect now
   * @param {(frame: object, heard: number) => void} onFrame each frame, with when it came (ms, this machine's clock)
   * @param {() => void} onState called when `state` has changed
   */
  constructor({ address, onFrame, onState }) {
    this.address = address;
    this.onFrame = onFrame;
    this.onState = onState;
    this.state = "connecting"; // then "live", "lost" or "refused"
    this.heard = 0; // when the last frame came; 0: never
    this.attempts = 0;
    this.opened = performance.now();
    this.watch = setInterval(() => this.look(), LOOK);
    this.open();
  }

  open() {
    const url = this.address();
    if (this.stream !== undefined) {
      url.searchParams.set("stream", this.stream);
      url.searchParams.set("since", this.seq);
    }
    this.opened = performance.now();
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onmessage = (message) => socket === this.socket && this.take(JSON.parse(message.data));
    socket.onclose = (event) => socket === this.socket && this.again(event.code);
  }

  take(frame) {
    const heard = Date.now();
    this.lastFrame = performance.now();
    this.heard = heard;
    if (frame.type === "snapshot" || frame.type === "resumed") this.stream = frame.stream;
    if (frame.type === "snapshot") this.seq = frame.seq;
    if (frame.type === "delta" && frame.seq > this.seq) this.seq = frame.seq;
    this.attempts = 0;
    this.enter("live");
    this.onFrame(frame, heard);
  }

  look() {
    const silence = performance.now() - (this.lastFrame ?? this.opened);
    if (silence > STALE_AFTER && this.state !== "refused") this.enter("lost");
    const waiting = performance.now() - Math.max(this.opened, this.lastFrame ?? 0);
    const patience = this.socket?.readyState === WebSocket.CONNECTING ? HANDSHAKE : REOPEN_AFTER;
    if (this.socket && waiting > patience) this.again();
  }

  /** Leave the present socket and come again after a pause of half to whole the back-off. */
  again(code) {
    const socket = this.socket;
    if (!socket) return;
    this.socket = null;
    socket.onmessage = socket.onclose = null;
    socket.close();
    this.refusal = REFUSALS.has(code) ? code : null;
    if (this.refusal) this.enter("refused");
    const ceiling = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.attempts);
    this.attempts += 1;
    this.retry = setTimeout(() => this.open(), ceiling * (0.5 + Math.random() / 2));
  }

  enter(state) {
    if (this.state === state) return;
    this.state = state;
    this.onState();
  }

  close() {
    clearInterval(this.watch);
    clearTimeout(this.retry);
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }
}
