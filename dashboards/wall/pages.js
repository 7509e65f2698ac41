/** Which page is shown: each in turn for twenty seconds, the alarms' page for as long as an emergency waits. */

import { setAttribute, setHidden } from "./dom.js";

export const PAGE_SECONDS = 20;

const NORMAL = [
  { name: "overview", title: "Tổng quan" },
  { name: "register", title: "Hệ thống và nguồn dữ liệu" },
];
/** With large letters the parts of both take turns. */
const LARGE = [
  { name: "alarms", title: "Cảnh báo" },
  { name: "figures", part: 1, title: "Chỉ số 1" },
  { name: "figures", part: 2, title: "Chỉ số 2" },
  { name: "map", title: "Bản đồ" },
  { name: "recent", title: "Hồ sơ" },
  { name: "systems", title: "Hệ thống" },
  { name: "sources", title: "Nguồn dữ liệu" },
];

export function makePages(root, onTurn) {
  const wall = root.querySelector(".wall");
  let pages = NORMAL;
  let index = 0;
  let turned = performance.now();

  function show(next) {
    index = next % pages.length;
    turned = performance.now();
    setAttribute(wall, "data-page", index + 1);
    setAttribute(wall, "data-part", pages[index].part);
    for (const section of wall.querySelectorAll("main > section")) {
      setHidden(section, !section.dataset.pages.split(" ").includes(pages[index].name));
    }
    onTurn();
  }

  return {
    arrange(large) {
      pages = large ? LARGE : NORMAL;
      setAttribute(wall, "data-layout", large ? "large" : "normal");
      show(0);
    },

    /** Turn the page when its time is over; with `urgent`, go to the first page (it lists the alarms) and stay. */
    tick(urgent) {
      if (urgent) {
        if (index !== 0) show(0);
      } else if (performance.now() - turned >= PAGE_SECONDS * 1000) {
        show(index + 1);
      }
    },

    get current() {
      return [index, pages];
    },
  };
}
