/** Names beside abnormal areas: the gravest first, each where it covers neither a mark nor another name. */

import { makeMark } from "./marks.js";

const MOST_NAMES = 9;
const GAP = 2;

/**
 * Return the first box beside a mark that lies in the frame and touches none of `taken`; null when there is none.
 * `mark` and the boxes are {left, top, right, bottom}, in pixels of the frame.
 */
export function freePlace(mark, width, height, frame, taken) {
  const middle = { x: (mark.left + mark.right - width) / 2, y: (mark.top + mark.bottom - height) / 2 };
  const [right, left] = [mark.right + GAP, mark.left - width - GAP];
  const [above, below] = [mark.top - height - GAP, mark.bottom + GAP];
  const corners = [
    [right, middle.y],
    [left, middle.y],
    [middle.x, above],
    [middle.x, below],
    [right, above],
    [right, below],
    [left, above],
    [left, below],
  ];
  for (const [x, y] of corners) {
    const box = { left: x, top: y, right: x + width, bottom: y + height };
    const inside = x >= 0 && y >= 0 && box.right <= frame.width && box.bottom <= frame.height;
    if (inside && !taken.some((other) => touch(box, other))) return box;
  }
  return null;
}

export function touch(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/**
 * Draw the marks and names of `spots` ({name, severity, x, y} in pixels of `frame`, gravest first) into `layer`.
 */
export function drawLabels(root, layer, spots, frame) {
  const marks = spots.map((spot) => {
    const mark = document.createElement("span");
    mark.className = "spot";
    mark.append(makeMark(root, spot.severity, false));
    return mark;
  });
  const names = spots.map((spot) => {
    const name = document.createElement("span");
    name.className = "name";
    name.append(makeMark(root, spot.severity, false), spot.name);
    return name;
  });
  layer.replaceChildren(...marks, ...names);
  const sizes = names.map((name) => name.getBoundingClientRect());
  const size = marks[0]?.getBoundingClientRect().width ?? 0;
  const spotBoxes = spots.map(({ x, y }) => ({
    left: x - size / 2,
    top: y - size / 2,
    right: x + size / 2,
    bottom: y + size / 2,
  }));
  const taken = [...spotBoxes];
  let shown = 0;
  spots.forEach((_, index) => {
    marks[index].style.translate = `${spotBoxes[index].left}px ${spotBoxes[index].top}px`;
    const { width, height } = sizes[index];
    const box = shown < MOST_NAMES ? freePlace(spotBoxes[index], width, height, frame, taken) : null;
    names[index].hidden = !box;
    if (!box) return;
    names[index].style.translate = `${box.left}px ${box.top}px`;
    taken.push(box);
    shown += 1;
  });
}
