/** The list of alarm groups that are firing: as many lines as fit, the gravest and newest first. */

import { fromTemplate, reconcile, setAttribute, setHidden, setText } from "./dom.js";
import { makeMark, setMark } from "./marks.js";
import { inOrder, isWaiting } from "./state.js";
import { beginning, elapsed, formatNumber, sentence } from "./words.js";

const AT_MOST = 30;

export function makeAlarms(root) {
  const section = root.querySelector(".alarms");
  const list = section.querySelector("ol");
  const more = section.querySelector(".more");
  const empty = section.querySelector(".empty");
  const summary = root.querySelector('[data-field="alarm-summary"]');
  let shown = [];
  let names = {};

  function makeLine() {
    const line = fromTemplate(root, "alarm");
    line.prepend(makeMark(root, 4));
    return line;
  }

  return {
    name(shortNames) {
      names = shortNames;
    },

    render(groups, now, complete) {
      const ordered = inOrder(groups);
      const waiting = ordered.filter(([, group]) => isWaiting(group)).length;
      setText(summary, ordered.length ? headline(ordered, waiting) : "");
      setHidden(empty, ordered.length > 0 || !complete);
      shown = ordered.slice(0, AT_MOST);
      reconcile(list, shown.map(([key]) => key), makeLine);
      shown.forEach(([, group], index) => fill(list.children[index], group, names[group.unit], now));
      this.tick(now);
      this.fit(ordered.length);
    },

    /** Hide the lines that don't fit wholly and say how many they are. */
    fit(total = shown.length) {
      const lines = [...list.children];
      for (const line of lines) setHidden(line, false);
      setHidden(more, true);
      if (!lines.length) return;
      const room = (reserve) => section.getBoundingClientRect().bottom - reserve;
      const style = getComputedStyle(section);
      const bottom = room(parseFloat(style.paddingBottom));
      const fits = (limit) => lines.filter((line) => line.getBoundingClientRect().bottom <= limit + 0.5).length;
      let count = fits(bottom);
      if (count < total) {
        setText(more, "…");
        setHidden(more, false);
        count = fits(bottom - more.getBoundingClientRect().height);
        setText(more, `và ${formatNumber(total - count)} nhóm cảnh báo nữa`);
      }
      lines.forEach((line, index) => setHidden(line, index >= count));
    },

    tick(now) {
      shown.forEach(([, group], index) => {
        const line = list.children[index];
        const since = Date.parse(group.acknowledged_at ?? group.started_at);
        const words = group.muted ? "tắt báo" : group.acknowledged_by ? "đã nhận" : "chưa nhận";
        setText(line.querySelector(".state"), `${words} ${elapsed(now - since)}`);
      });
    },
  };
}

function headline(ordered, waiting) {
  const alerts = ordered.reduce((sum, [, group]) => sum + group.count, 0);
  const count = `${formatNumber(ordered.length)} nhóm`;
  const inside = alerts > ordered.length ? ` (${formatNumber(alerts)} cảnh báo)` : "";
  return `${count}${inside} · ${waiting ? `${formatNumber(waiting)} nhóm chưa nhận` : "đã nhận hết"}`;
}

function fill(line, group, name, now) {
  const part = (name) => line.querySelector(name);
  setMark(line.firstElementChild, group.severity);
  setAttribute(line, "data-acknowledged", !isWaiting(group));
  setText(part(".at"), beginning(Date.parse(group.started_at), now));
  setText(part(".summary"), sentence(group, name));
  setText(part(".number"), group.count > 1 ? `×${formatNumber(group.count)}` : "");
}
