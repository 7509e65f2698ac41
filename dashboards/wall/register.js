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

  function show(part, summary, entries, complete, counted) {
    setHidden(part.empty, entries.length > 0 || !complete);
    setText(summary, counted);
    entries.sort((a, b) => ORDER[a.sign] - ORDER[b.sign] || a.name.localeCompare(b.name, "vi") || (a.key < b.key ? -1 : 1));
    reconcile(part.list, entries.map((entry) => entry.key), () => fromTemplate(root, "line"));
    entries.forEach((entry, index) => fill(part.list.children[index], entry));
    arrange(part, entries.length);
    fit(part, entries.length);
  }

  return {
    render(systems, sources, now, complete) {
      const [first, second] = parts;
      if (!first.section.hidden) {
        const up = [...systems.values()].filter((target) => target.up).length;
        show(first, summaries[0], systemEntries(systems, now), complete, share(up, systems.size, "điểm đo hoạt động"));
      }
      if (!second.section.hidden) {
        const alive = [...sources.values()].filter((source) => source.state === "alive").length;
        const entries = [...sources].map(([key, source]) => sourceEntry(key, source, now));
        show(second, summaries[1], entries, complete, share(alive, sources.size, "nguồn hoạt động đều"));
      }
    },
  };
}

function share(part, whole, words) {
  return whole ? `${formatNumber(part)}/${formatNumber(whole)} ${words}` : "";
}

function fill(line, entry) {
  setAttribute(line, "data-sign", entry.sign);
  setAttribute(line.querySelector(".sign path"), "d", SIGNS[entry.sign]);
  setText(line.querySelector(".name"), entry.name);
  setText(line.querySelector(".detail"), entry.detail);
}

/** One line a system that is wholly well, and one for each of its targets that isn't. */
export function systemEntries(systems, now) {
  const bySystem = new Map();
  for (const [key, target] of systems) {
    const held = bySystem.get(target.system || key) ?? [];
    bySystem.set(target.system || key, [...held, [key, target]]);
  }
  const entries = [];
  for (const [system, targets] of bySystem) {
    const alone = targets.length === 1;
    const judged = targets.map(([key, target]) => targetEntry(key, target, alone ? target.name : key, now));
    const well = judged.filter((entry) => entry.sign === "good");
    entries.push(...judged.filter((entry) => entry.sign !== "good"));
    if (alone) entries.push(...well);
    else if (well.length) {
      const detail = `${formatNumber(well.length)}/${formatNumber(targets.length)} hoạt động`;
      entries.push({ key: `system ${system}`, name: targets[0][1].name || system, sign: "good", detail });
    }
  }
  return entries;
}

function targetEntry(key, target, name, now) {
  if (!target.up) return { key, name: name || key, sign: "bad", detail: `ngừng ${age(now - Date.parse(target.changed_at))}` };
  const days = target.certificate_days_left;
  if (days !== null && days !== undefined && days < CERTIFICATE_SOON) {
    return { key, name: name || key, sign: "late", detail: `chứng thư còn ${formatNumber(Math.floor(days))} ngày` };
  }
  return { key, name: name || key, sign: "good", detail: `${formatNumber(target.duration_seconds * 1000)} ms` };
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
