/** The bottom of every page: page n/N, the alarm rate, and how many sources are alive. */

import { setAttribute, setHidden, setText } from "./dom.js";
import { age, formatNumber } from "./words.js";

/** ISA-18.2: an operator can deal with one alarm in ten minutes; more than ten are a flood. */
const FLOOD = 10;

export function makeFooter(root) {
  const field = (name) => root.querySelector(`footer [data-field="${name}"]`);
  const footer = root.querySelector("footer");
  const flood = root.querySelector(".flood");
  const dots = root.querySelector(".dots");

  return {
    render(overview) {
      const alarms = overview.get("alarms");
      const rate = alarms
        ? `Cảnh báo mới: ${formatNumber(alarms.new_10min)} / 10 phút · ${formatNumber(alarms.new_24h)} / 24 giờ`
        : "";
      setText(field("rate"), rate);
      setHidden(flood, !alarms || alarms.new_10min <= FLOOD);
      const health = overview.get("health");
      setText(field("health"), sources(health));
      setText(field("silent"), silence(health));
      this.fit();
    },

    /** The name of a silent source gives way when the line is full. */
    fit() {
      setHidden(field("silent"), false);
      if (footer.scrollWidth > footer.clientWidth) setHidden(field("silent"), true);
    },

    page(index, pages, frozen) {
      while (dots.children.length < pages.length) dots.append(document.createElement("i"));
      while (dots.children.length > pages.length) dots.lastChild.remove();
      [...dots.children].forEach((dot, place) => setAttribute(dot, "data-here", place === index));
      const held = frozen ? " · giữ vì có cảnh báo khẩn cấp" : "";
      const text = `Trang ${index + 1}/${pages.length} · ${pages[index].title}${held}`;
      if (field("page").textContent === text) return;
      setText(field("page"), text);
      this.fit();
    },
  };
}

function sources(health) {
  if (!health) return "";
  const alive = `Nguồn: ${formatNumber(health.alive)}/${formatNumber(health.expected)} hoạt động`;
  const oldest = health.oldest_seconds;
  return oldest === null || oldest === undefined ? alive : `${alive} · cũ nhất ${age(oldest * 1000)}`;
}

function silence(health) {
  if (!health?.silent?.length) return "";
  const others = health.expected - health.alive - 1;
  return `· im lặng: ${health.silent[0]}${others > 0 ? ` và ${formatNumber(others)} nguồn khác` : ""}`;
}
