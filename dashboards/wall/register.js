/** The second page: every watched system and every source, the troubled ones first. */

import { fromTemplate, reconcile, setAttribute, setHidden, setText } from "./dom.js";
import { age, formatNumber } from "./words.js";

const SIGNS = {
  good: "M4 12.5l5.5 5.5L20 6.5",
  late: "M12 4v9m0 4.5v.5",
  bad: "M5 5l14 14m0-14L5 19",
};
/** A column is at least so many letters' sizes wide. */
const COLUMN = 21;
const CERTIFICATE_SOON = 30;
const SOURCE_STATES = { alive: ["good", "hoạt động"], late: ["late", "chậm"], silent: ["bad", "im lặng"], never: ["late", "chưa gửi lần nào"] };
const ORDER = { bad: 0, late: 1, good: 2 };

export function makeRegister(root) {
  const parts = ["systems", "sources"].map((name) => {
    const section = root.querySelector(`.${name}`);
    return {
      section,
      list: section.querySelector("ol"),
      empty: section.querySelector(".empty"),
      more: section.querySelector(".more"),
    };
  });
  const summaries = ["system-summary", "source-summary"].map((name) => root.querySelector(`[data-field="${name}"]`));

  function show(part, summary, entries, complete, good) {
    setHidden(part.empty, entries.length > 0 || !complete);
    const troubled = entries.filter((entry) => entry.sign !== "good").length;
    setText(summary, entries.length ? `${formatNumber(entries.length - troubled)}/${formatNumber(entries.length)} ${good}` : "");
    entries.sort((a, b) => ORDER[a.sign] - ORDER[b.sign] || a.name.localeCompare(b.name, "vi") || (a.key < b.key ? -1 : 1));
    reconcile(part.list, entries.map((entry) => entry.key), () => fromTemplate(root, "line"));
    entries.forEach((entry, index) => fill(part.list.children[index], entry));
    arrange(part, entries.length);
    fit(part, entries.length);
  }

  return {
    render(systems, sources, now, complete) {
      if (!parts[0].section.hidden) show(parts[0], summaries[0], [...systems].map(([key, system]) => systemEntry(key, system, now)), complete, "hoạt động");
      if (!parts[1].section.hidden) show(parts[1], summaries[1], [...sources].map(([key, source]) => sourceEntry(key, source, now)), complete, "hoạt động");
    },
  };
}

function fill(line, entry) {
  setAttribute(line, "data-sign", entry.sign);
  setAttribute(line.querySelector(".sign path"), "d", SIGNS[entry.sign]);
  setText(line.querySelector(".name"), entry.name);
  setText(line.querySelector(".detail"), entry.detail);
}

export function systemEntry(key, system, now) {
  const name = system.name || key;
  if (!system.up) {
    const since = age(now - Date.parse(system.changed_at));
    return { key, name, sign: "bad", detail: `ngừng ${since}` };
  }
  const days = system.certificate_days_left;
  if (days !== null && days !== undefined && days < CERTIFICATE_SOON) {
    return { key, name, sign: "late", detail: `chứng thư còn ${formatNumber(Math.floor(days))} ngày` };
  }
  return { key, name, sign: "good", detail: `${formatNumber(system.duration_seconds * 1000)} ms` };
}

export function sourceEntry(key, source, now) {
  const [sign, words] = SOURCE_STATES[source.state];
  const heard = source.last_seen_at ? ` · ${age(now - Date.parse(source.last_seen_at))} trước` : "";
  const detail = sign === "good" ? heard.replace(" · ", "") : words + heard;
  return { key, name: source.title || key, sign, detail };
}

/** As few columns as hold everything, and never so many that a name has no room. */
function arrange({ list }, total) {
  const height = list.firstElementChild?.getBoundingClientRect().height;
  if (!height) return;
  const frame = list.getBoundingClientRect();
  const letters = parseFloat(getComputedStyle(list).fontSize);
  const most = Math.max(1, Math.floor(frame.width / (COLUMN * letters)));
  const rows = Math.max(1, Math.floor(frame.height / height));
  list.style.setProperty("--columns", Math.min(most, Math.ceil(total / rows)));
}

/** Lines flow into columns; those that don't fit wholly are hidden and counted. */
function fit({ section, list, more }, total) {
  const lines = [...list.children];
  for (const line of lines) setHidden(line, false);
  setHidden(more, true);
  const visible = () => {
    const frame = list.getBoundingClientRect();
    return lines.filter((line) => {
      const box = line.getBoundingClientRect();
      return box.right <= frame.right + 1 && box.bottom <= frame.bottom + 1;
    }).length;
  };
  let count = visible();
  if (count < total) {
    setText(more, "…");
    setHidden(more, false);
    count = visible();
    setText(more, `và ${formatNumber(total - count)} mục nữa, đều hoạt động`);
    const hiddenTrouble = lines.slice(count).some((line) => line.dataset.sign !== "good");
    if (hiddenTrouble) setText(more, `và ${formatNumber(total - count)} mục nữa`);
  }
  lines.forEach((line, index) => setHidden(line, index >= count));
  setAttribute(section, "data-full", count < total);
}
