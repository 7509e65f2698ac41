/** The top of every page: title, alarm counts by severity, connection, clock; and the banner when the feed is lost. */

import { setAttribute, setHidden, setText } from "./dom.js";
import { makeMark } from "./marks.js";
import { SEVERITIES, SEVERITY_NAMES, dateOf, elapsed, formatNumber, timeOfDay } from "./words.js";

const LINKS = { connecting: "ĐANG KẾT NỐI", lost: "MẤT KẾT NỐI", refused: "BỊ TỪ CHỐI" };
const LOADING = "ĐANG TẢI SỐ LIỆU";
const UNKNOWN_TOKEN = 4401;

export function makeHeader(root) {
  const field = (name) => root.querySelector(`[data-field="${name}"]`);
  const wall = root.querySelector(".wall");
  const [title, screen, link, time, date] = ["title", "screen", "link", "time", "date"].map(field);
  const banner = root.querySelector(".banner");
  const counts = new Map(SEVERITIES.map((severity) => [severity, makeCount(root, severity)]));
  root.querySelector(".counts").replaceChildren(...counts.values());

  return {
    identify(data) {
      setText(title, data.title);
      setText(screen, data.screen);
    },

    render(alarms) {
      for (const [severity, count] of counts) {
        const number = alarms?.firing?.[severity] ?? 0;
        setText(count.lastElementChild, String(number));
        setAttribute(count, "data-firing", number > 0);
        setAttribute(count, "aria-label", `${SEVERITY_NAMES[severity]}: ${number}`);
      }
    },

    tick(now, feed, delay, complete) {
      setText(time, timeOfDay(now));
      setText(date, dateOf(now));
      setAttribute(wall, "data-feed", feed.state);
      const late = delay.recent === null ? "" : ` · trễ ${formatNumber(delay.recent / 1000, 1)} s`;
      const online = complete ? `TRỰC TUYẾN${late}` : LOADING;
      setText(link, feed.state === "live" ? online : LINKS[feed.state]);
      setHidden(banner, feed.state === "live" || feed.state === "connecting");
      if (!banner.hidden) {
        const [what, detail] = bannerText(feed, complete, delay.skew);
        setText(field("banner"), what);
        setText(field("banner-detail"), detail);
      }
    },
  };
}

function makeCount(root, severity) {
  const count = document.createElement("div");
  count.className = "count";
  count.dataset.severity = severity;
  const number = document.createElement("span");
  number.textContent = "0";
  count.append(makeMark(root, severity, false), number);
  return count;
}

function bannerText(feed, complete, skew) {
  if (feed.state === "refused") {
    return feed.refusal === UNKNOWN_TOKEN
      ? ["MÃ MÀN HÌNH KHÔNG ĐƯỢC CHẤP NHẬN", "Mã sai hoặc đã bị thu hồi; cần mở lại bằng địa chỉ mới."]
      : ["MÁY CHỦ TỪ CHỐI MÀN HÌNH NÀY", "Cần mở bằng đúng địa chỉ mà trung tâm đã công bố."];
  }
  if (!complete) return ["CHƯA KẾT NỐI ĐƯỢC MÁY CHỦ DỮ LIỆU", `Đang thử lại, lần ${feed.attempts + 1}.`];
  const last = `Số liệu dưới đây là của lúc ${timeOfDay(feed.heard - skew)}`;
  return ["MẤT KẾT NỐI DỮ LIỆU", `${last}, cách đây ${elapsed(Date.now() - feed.heard)}. Đang kết nối lại.`];
}
