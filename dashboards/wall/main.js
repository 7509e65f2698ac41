/** The wall: one feed, one state, and views that patch what has changed. Streamlit calls `mount` at every rerun. */

import { makeAlarms } from "./alarms.js";
import { Delay } from "./delay.js";
import { setAttribute, setHidden } from "./dom.js";
import { Feed, feedAddress } from "./feed.js";
import { makeFooter } from "./footer.js";
import { makeHeader } from "./header.js";
import { makeMap } from "./map.js";
import { makePages } from "./pages.js";
import { makeRecent } from "./recent.js";
import { makeRegister } from "./register.js";
import { Sound } from "./sound.js";
import { State, TOPICS, isWaiting, newlyUrgent } from "./state.js";
import { makeTiles } from "./tiles.js";

/** Above this size of the smallest letters (% of the height) the overview's parts take turns. */
const LARGE = 3.4;

const walls = new WeakMap();

export function mount({ parentElement, data }) {
  let wall = walls.get(parentElement);
  if (wall) {
    wall.update(data);
  } else {
    wall = new Wall(parentElement, data, () => walls.delete(parentElement));
    walls.set(parentElement, wall);
  }
  return wall.unmount;
}

class Wall {
  constructor(root, data, forget) {
    this.root = root;
    this.element = root.querySelector(".wall");
    this.state = new State();
    this.delay = new Delay();
    this.sound = new Sound();
    this.dirty = new Set(TOPICS);
    this.views = {
      header: makeHeader(root),
      tiles: makeTiles(root),
      alarms: makeAlarms(root),
      recent: makeRecent(root),
      map: makeMap(root),
      footer: makeFooter(root),
      register: makeRegister(root),
    };
    this.pages = makePages(root, () => this.redraw());
    this.muted = root.querySelector(".muted");
    this.muted.addEventListener("click", () => this.sound.wake());
    this.sizes = new ResizeObserver(() => this.redraw());
    this.sizes.observe(root.querySelector("main"));
    document.fonts?.addEventListener?.("loadingdone", (this.onFonts = () => this.redraw()));
    this.update(data);
    this.feed = new Feed({
      address: () => feedAddress(this.data.feed, TOPICS, this.data.token),
      onFrame: (frame, heard) => this.take(frame, heard),
      onState: () => this.tick(),
    });
    this.beat = setInterval(() => this.tick(), 1000);
    // Streamlit may also call this for a run that another has overtaken: the page decides.
    this.unmount = () => setTimeout(() => root.host?.isConnected || this.close(forget));
    this.tick();
  }

  update(data) {
    if (this.data && this.data.version !== data.version) location.reload();
    const large = this.data?.smallest;
    this.data = data;
    this.views.header.identify(data);
    this.element.style.setProperty("--smallest", data.smallest);
    this.views.map.draw(data.sheet, data.names);
    this.views.alarms.name(data.names);
    if (large !== data.smallest) this.pages.arrange(data.smallest > LARGE);
    else this.redraw();
  }

  get now() {
    return Date.now() - this.delay.skew;
  }

  take(frame, heard) {
    if (frame.at && frame.type === "heartbeat") this.delay.note(Date.parse(frame.at), heard);
    const before = frame.type === "snapshot" || frame.topic === "alerts" ? new Map(this.state.of("alerts")) : null;
    const known = this.state.complete;
    for (const topic of this.state.apply(frame)) this.dirty.add(topic);
    if (before && known) this.warn(before);
    if (!known && this.state.complete) this.tick();
    if (this.dirty.size && !this.drawing) {
      this.drawing = requestAnimationFrame(() => this.draw());
    }
  }

  warn(before) {
    const groups = this.state.of("alerts");
    const severities = newlyUrgent(before, groups).map((key) => groups.get(key).severity);
    if (severities.length) this.sound.play(Math.min(...severities));
  }

  redraw() {
    for (const topic of TOPICS) this.dirty.add(topic);
    this.drawing ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.drawing = null;
    const { dirty, state, views, now } = this;
    this.dirty = new Set();
    const { complete } = state;
    if (dirty.has("overview")) {
      const overview = state.of("overview");
      views.header.render(overview.get("alarms"));
      views.tiles.render(overview);
      views.tiles.tick(overview, now);
      views.footer.render(overview);
    }
    if (dirty.has("alerts")) views.alarms.render(state.of("alerts"), now, complete);
    if (dirty.has("units")) views.map.render(state.of("units"), complete);
    if (dirty.has("recent")) views.recent.render(state.of("recent"), complete);
    if (dirty.has("systems") || dirty.has("sources")) {
      views.register.render(state.of("systems"), state.of("sources"), now, complete);
    }
    setAttribute(this.element, "data-seq", this.feed?.seq);
    this.turn();
  }

  tick() {
    if (!this.feed) return;
    const { views, now, state } = this;
    views.header.tick(now, this.feed, this.delay, state.complete);
    if (this.feed.state === "live") {
      views.tiles.tick(state.of("overview"), now);
      views.alarms.tick(now);
      views.register.render(state.of("systems"), state.of("sources"), now, state.complete);
    }
    setHidden(this.muted, !this.sound.muted);
    this.turn();
  }

  turn() {
    const urgent = [...this.state.of("alerts").values()].some((group) => group.severity === 1 && isWaiting(group));
    this.pages.tick(urgent);
    const [index, pages] = this.pages.current;
    this.views.footer.page(index, pages, urgent);
  }

  close(forget) {
    forget();
    this.feed.close();
    this.sound.close();
    this.sizes.disconnect();
    clearInterval(this.beat);
    cancelAnimationFrame(this.drawing);
    document.fonts?.removeEventListener?.("loadingdone", this.onFonts);
  }
}
