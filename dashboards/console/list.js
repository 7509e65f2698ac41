/** The console's list of alerts: lines to choose from, and a line to the feed that tells when to ask again. */

import { reconcile, setAttribute, setHidden, setText } from "../wall/dom.js";
import { makeMark, setMark } from "../wall/marks.js";
import { Sound } from "../wall/sound.js";
import { newlyUrgent } from "../wall/state.js";
import { elapsed } from "../wall/words.js";
import { Bell } from "./bell.js";

const lists = new WeakMap();

export function mount(component) {
  const root = component.parentElement;
  let list = lists.get(root);
  if (!list) {
    list = new List(root, () => lists.delete(root));
    lists.set(root, list);
  }
  list.update(component);
  return list.unmount;
}

class List {
  constructor(root, forget) {
    this.root = root;
    this.list = root.querySelector("ol");
    this.sound = new Sound();
    this.alerts = new Map();
    this.bell = new Bell({
      onChange: () => this.component.setTriggerValue("changed", Date.now()),
      onTicket: () => this.component.setTriggerValue("ticket_used", Date.now()),
      onAlerts: (before, groups) => this.warn(before, groups),
    });
    const muted = root.querySelector(".muted");
    muted.addEventListener("click", () => this.sound.wake());
    this.beat = setInterval(() => this.tick(), 1000);
    this.unmount = () => setTimeout(() => root.host?.isConnected || this.close(forget));
  }

  update(component) {
    this.component = component;
    const { alerts, selected, feed, ticket } = component.data;
    this.alerts = new Map(alerts.map((alert) => [String(alert.id), alert]));
    setHidden(this.root.querySelector(".empty"), alerts.length > 0);
    reconcile(this.list, [...this.alerts.keys()], (key) => this.line(key));
    for (const line of this.list.children) fill(line, this.alerts.get(line.dataset.key), selected);
    this.bell.connect(feed, ticket);
    this.tick();
  }

  line(key) {
    const line = this.root.querySelector("template#line").content.firstElementChild.cloneNode(true);
    line.prepend(makeMark(this.root, 4));
    const choose = () => this.component.setStateValue("selected", Number(key));
    line.addEventListener("click", choose);
    line.addEventListener("keydown", (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      if (step) line[step]?.focus();
      else if (event.key === "Enter" || event.key === " ") choose();
      else return;
      event.preventDefault();
    });
    return line;
  }

  warn(before, groups) {
    const severities = newlyUrgent(before, groups).map((key) => groups.get(key).severity);
    if (severities.length) this.sound.play(Math.min(...severities));
  }

  tick() {
    setText(this.root.querySelector(".state"), this.bell.live ? "Cập nhật trực tiếp" : "Cập nhật 5 giây một lần");
    setHidden(this.root.querySelector(".muted"), !this.sound.muted);
    for (const line of this.list.children) {
      const alert = this.alerts.get(line.dataset.key);
      setText(line.querySelector(".taken"), status(alert, Date.now()));
    }
  }

  close(forget) {
    forget();
    clearInterval(this.beat);
    this.bell.close();
    this.sound.close();
  }
}

function fill(line, alert, selected) {
  setMark(line.firstElementChild, alert.severity);
  setAttribute(line, "data-state", alert.state);
  setAttribute(line, "data-waiting", alert.state === "firing" && !alert.acknowledged_by && !alert.snoozed && !alert.muted);
  setAttribute(line, "aria-selected", String(alert.id === selected));
  setText(line.querySelector(".at"), alert.began);
  setText(line.querySelector(".summary"), alert.text);
}

export function status(alert, now) {
  if (alert.state === "resolved") return "đã kết thúc";
  if (alert.state === "closed") return "đã đóng";
  if (alert.state === "pending") return "chờ xác nhận";
  if (alert.muted) return alert.muted;
  if (alert.snoozed) return `hoãn đến ${alert.snoozed}`;
  const since = elapsed(now - Date.parse(alert.acknowledged_at ?? alert.started_at));
  if (alert.acknowledged_by) return `${alert.acknowledged_by} đã nhận ${since}`;
  return alert.assigned_to ? `giao ${alert.assigned_to} ${since}` : `chưa nhận ${since}`;
}
