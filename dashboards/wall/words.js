/** How numbers, times and codes read in Vietnamese; pure. */

const ZONE = "Asia/Ho_Chi_Minh";
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const calendar = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, day: "2-digit", month: "2-digit", year: "numeric" });
const weekday = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, weekday: "short" });
const WEEKDAYS = { Mon: "Thứ Hai", Tue: "Thứ Ba", Wed: "Thứ Tư", Thu: "Thứ Năm", Fri: "Thứ Sáu", Sat: "Thứ Bảy", Sun: "Chủ nhật" };

export const SEVERITIES = [1, 2, 3, 4];
export const SEVERITY_NAMES = { 1: "Khẩn cấp", 2: "Cao", 3: "Trung bình", 4: "Thấp" };

/** Statuses of the national dossier protocol, shortened for one line. */
const STATUSES = {
  1: "Mới đăng ký",
  2: "Đã tiếp nhận",
  3: "Không tiếp nhận",
  4: "Đang xử lý",
  5: "Chờ bổ sung",
  6: "Chờ nộp phí",
  7: "Xin rút hồ sơ",
  8: "Dừng xử lý",
  9: "Đã xử lý xong",
  10: "Đã trả kết quả",
};

export function statusName(status) {
  return STATUSES[status] ?? `Trạng thái ${status}`;
}

/** 12345.678 with two decimals → "12.345,68"; a missing number → "—". */
export function formatNumber(value, decimals = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "—";
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ".");
  const text = fraction ? `${grouped},${fraction}` : grouped;
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

export function timeOfDay(milliseconds) {
  return clock.format(milliseconds);
}

export function dateOf(milliseconds) {
  return `${WEEKDAYS[weekday.format(milliseconds)]} ${calendar.format(milliseconds)}`;
}

/** When something began: "07:41" today, else "19/11". */
export function beginning(milliseconds, now) {
  const day = calendar.format(milliseconds);
  return day === calendar.format(now) ? clock.format(milliseconds).slice(0, 5) : day.slice(0, 5);
}

/** How long ago, to the second below a day: "0:26", "10:34", "1:10:34", "3 ngày". */
export function elapsed(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds >= 86400) return `${Math.floor(seconds / 86400)} ngày`;
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** An age in one word: "48 s", "12 phút", "5 giờ", "3 ngày". */
export function age(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} phút`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} giờ`;
  return `${Math.floor(seconds / 86400)} ngày`;
}

/** The summary of a group, with its unit (by `short` name if given) when the sentence names it in neither way. */
export function sentence(group, short) {
  const said = group.summary.toLowerCase();
  const names = [group.unit_name, short].filter(Boolean);
  if (!names.length || names.some((name) => said.includes(name.toLowerCase()))) return group.summary;
  return `${group.summary} — ${short ?? group.unit_name}`;
}
