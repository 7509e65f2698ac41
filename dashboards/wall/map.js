/** The map of communes: grey when normal, coloured and named when not, hatched when nothing is known. */

import { setAttribute, setHidden } from "./dom.js";
import { drawLabels } from "./labels.js";
import { makeMark } from "./marks.js";
import { SEVERITIES, SEVERITY_NAMES } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 12;

export function makeMap(root) {
  const section = root.querySelector(".map");
  const frameElement = section.querySelector(".sheet");
  const svg = section.querySelector(".areas");
  const cells = section.querySelector(".cells");
  const layer = section.querySelector(".labels");
  const elsewhere = section.querySelector(".elsewhere");
  const legendElement = section.querySelector(".legend");
  legendElement.replaceChildren(...legend(root));
  let sheet = { areas: [], width: 1, height: 1 };
  let names = {};
  let drawn = new Map();

  function draw(next, shortNames) {
    names = shortNames;
    if (JSON.stringify(next) === JSON.stringify(sheet)) return;
    sheet = next;
    drawn = new Map(sheet.areas.map((area) => [area.code, cell(area)]));
    cells.replaceChildren(...drawn.values());
    const [width, height] = [sheet.width + 2 * MARGIN, sheet.height + 2 * MARGIN];
    setAttribute(svg, "viewBox", `${-MARGIN} ${-MARGIN} ${width} ${height}`);
    setHidden(section.querySelector(".unmapped"), sheet.areas.length > 0);
  }

  function colour(units, complete) {
    for (const [code, path] of drawn) {
      const unit = units.get(code);
      setAttribute(path, "data-severity", unit?.severity);
      setAttribute(path, "data-unknown", complete && !unit?.last_event_at && !unit?.severity);
      const heard = unit?.last_event_at ?? "";
      if (path.dataset.heard && heard > path.dataset.heard) pulse(path);
      path.dataset.heard = heard;
    }
  }

  function name(units) {
    const frame = frameElement.getBoundingClientRect();
    const matrix = svg.getScreenCTM();
    if (!matrix || !frame.width) return;
    const spots = abnormal(sheet.areas, (area) => units.get(area.code)?.severity).map(({ value, severity }) => {
      const place = new DOMPoint(value.x, value.y).matrixTransform(matrix);
      return { name: value.name, severity, x: place.x - frame.left, y: place.y - frame.top };
    });
    const key = JSON.stringify([frame.width, frame.height, spots]);
    if (layer.dataset.key === key) return;
    layer.dataset.key = key;
    drawLabels(root, layer, spots, frame);
  }

  return {
    draw,
    render(units, complete) {
      if (section.hidden) return;
      colour(units, complete);
      for (const mark of legendElement.querySelectorAll(".mark")) {
        const severity = Number(mark.dataset.severity);
        setAttribute(mark, "data-present", [...units.values()].some((unit) => unit.severity === severity));
      }
      const others = [...units].filter(([code]) => !drawn.has(code));
      const named = others.map(([code, unit]) => ({ name: names[code] ?? unit.name, severity: unit.severity }));
      listElsewhere(root, elsewhere, abnormal(named, (unit) => unit.severity).map(({ value }) => value));
      name(units);
    },
  };
}

/** Those with a severity, the gravest first, then by name. */
function abnormal(values, severityOf) {
  return values
    .map((value) => ({ value, severity: severityOf(value) }))
    .filter(({ severity }) => severity)
    .sort((a, b) => a.severity - b.severity || a.value.name.localeCompare(b.value.name, "vi"));
}

function cell(area) {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", area.path);
  path.dataset.code = area.code;
  return path;
}

/** A breath of light where a dossier has just come in: movement without an alarm's colours. */
function pulse(path) {
  path.animate([{ filter: "brightness(1.9)" }, { filter: "brightness(1)" }], { duration: 1600, easing: "ease-out" });
}

function legend(root) {
  const entry = (sign, text) => {
    const item = document.createElement("li");
    item.append(sign, text);
    return item;
  };
  const swatch = (kind) => {
    const sign = document.createElement("span");
    sign.className = `swatch ${kind}`;
    return sign;
  };
  return [
    entry(swatch("normal"), "Bình thường"),
    ...SEVERITIES.map((severity) => entry(makeMark(root, severity, false), SEVERITY_NAMES[severity])),
    entry(swatch("unknown"), "Không có số liệu"),
  ];
}

/** Abnormal units that have no area, such as departments: one line, as many as fit, the rest counted. */
function listElsewhere(root, element, units) {
  setHidden(element, !units.length);
  const key = `${element.clientWidth} ${units.map((unit) => unit.severity + unit.name).join("|")}`;
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  const plain = (text) => {
    const part = document.createElement("span");
    part.textContent = text;
    return part;
  };
  const parts = units.map((unit) => {
    const part = plain("");
    part.append(makeMark(root, unit.severity, false), unit.name);
    return part;
  });
  const rest = plain("");
  element.replaceChildren(plain("Ngoài bản đồ:"), ...parts, rest);
  for (let hidden = 1; element.scrollWidth > element.clientWidth && parts.length; hidden += 1) {
    parts.pop().remove();
    rest.textContent = `và ${hidden} đơn vị${parts.length ? " khác" : ""}`;
  }
}
