/** The mark of a severity: its own shape, with its number inside. */

import { fromTemplate, setAttribute, setText } from "./dom.js";

const SHAPES = {
  1: "M2 2h20v20H2z",
  2: "M12 1.2L23.2 22H.8z",
  3: "M12 .6L23.4 12 12 23.4.6 12z",
  4: "M12 1.2a10.8 10.8 0 1 0 .01 0z",
};
const NUMBER_PLACE = { 1: 17.3, 2: 19.6, 3: 17.3, 4: 17.3 };

export function makeMark(root, severity, numbered = true) {
  const mark = fromTemplate(root, "mark");
  setMark(mark, severity, numbered);
  return mark;
}

export function setMark(mark, severity, numbered = true) {
  setAttribute(mark, "data-severity", severity);
  setAttribute(mark.firstElementChild, "d", SHAPES[severity]);
  const number = mark.lastElementChild;
  setText(number, numbered ? String(severity) : "");
  setAttribute(number, "x", 12);
  setAttribute(number, "y", NUMBER_PLACE[severity]);
}
