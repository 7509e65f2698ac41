/** The headline numbers: value, unit, limit and the run of the last 24 hours. */

import { fromTemplate, reconcile, setAttribute, setHidden, setText } from "./dom.js";
import { age, formatNumber } from "./words.js";

const AT_MOST = 6;
const BESIDE = new Set(["alarms", "health"]);
const HEIGHT = 24;
const MARGIN = 2;

export function makeTiles(root) {
  const section = root.querySelector(".tiles");

  function tilesOf(overview) {
    return [...overview].filter(([key]) => !BESIDE.has(key)).slice(0, AT_MOST);
  }

  return {
    render(overview) {
      const tiles = tilesOf(overview);
      reconcile(section, tiles.map(([key]) => key), () => fromTemplate(root, "tile"));
      tiles.forEach(([, tile], index) => fill(section.children[index], tile));
    },

    tick(overview, now) {
      tilesOf(overview).forEach(([, tile], index) => freshness(section.children[index], tile, now));
    },
  };
}

function fill(element, tile) {
  const part = (name) => element.querySelector(name);
  setText(part(".label"), tile.label);
  setText(part(".value"), formatNumber(tile.value, tile.decimals ?? 0));
  setText(part(".unit"), tile.unit ?? "");
  setText(part(".limit"), tile.limit ?? "");
  setText(part(".words"), tile.note ?? "");
  setAttribute(element, "data-severity", tile.severity);
  const [run, last] = trendPath(tile.trend ?? []);
  setAttribute(part(".run"), "d", run);
  setAttribute(part(".last"), "d", last);
}

function freshness(element, tile, now) {
  if (!element) return;
  const badge = element.querySelector(".stale");
  const old = tile.observed_at ? now - Date.parse(tile.observed_at) : Infinity;
  const stale = old > (tile.stale_after_seconds ?? 120) * 1000;
  setAttribute(element, "data-stale", stale);
  setHidden(badge, !stale);
  if (stale) setText(badge, Number.isFinite(old) ? `số liệu cũ ${age(old)}` : "chưa có số liệu");
  setHidden(element.querySelector(".words"), stale);
}

/** SVG paths of the line through hourly values (null: a gap) in a box of 100 × 24, and of a dot at its end. */
export function trendPath(values) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return ["", ""];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = (index) => (values.length === 1 ? 100 : (index * 99) / (values.length - 1) + 0.5);
  const y = (value) =>
    high === low ? HEIGHT / 2 : HEIGHT - MARGIN - ((value - low) / (high - low)) * (HEIGHT - 2 * MARGIN);
  let run = "";
  let last = "";
  values.forEach((value, index) => {
    if (value === null) return;
    const place = `${x(index).toFixed(2)} ${y(value).toFixed(2)}`;
    run += `${index && values[index - 1] !== null ? "L" : "M"}${place}`;
    last = `M${place}h.01`;
  });
  return [run, last];
}
