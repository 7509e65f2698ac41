"""What is measured on a wall in the browser: overflow, overlap, letter sizes, contrast."""

from collections.abc import Sequence
from typing import Any

from playwright.async_api import Page

from tests.dashboards.feed_server import TOKEN, FeedServer

_TEXTS = """() => {
  const root = document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot;
  const wall = root.querySelector(".wall");
  const colours = (text) => [...text.matchAll(/rgba?\\(([^)]+)\\)/g)].map((found) => found[1].split(",").map(Number));
  const grounds = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const images = style.backgroundImage === "none" ? [] : colours(style.backgroundImage);
      if (images.length) return images;
      const [colour] = colours(style.backgroundColor);
      if (colour && (colour.length < 4 || colour[3] > 0)) return [colour];
    }
    return [[0, 0, 0]];
  };
  const found = [];
  const walker = document.createTreeWalker(wall, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    if (["TEMPLATE", "STYLE"].includes(element.tagName)) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const box = range.getBoundingClientRect();
    if (!box.width) continue;
    const style = getComputedStyle(element);
    const svg = element.namespaceURI.endsWith("svg");
    const mark = svg ? colours(getComputedStyle(element.previousElementSibling).fill) : null;
    const scale = svg ? element.getScreenCTM().a : 1;
    const frame = element.closest("section, header, footer, .banner, .tile").getBoundingClientRect();
    const hidden = [];
    let right = box.right;
    for (let at = element; at !== wall; at = at.parentElement) {
      const flow = getComputedStyle(at);
      if (flow.overflow === "visible" || at.tagName === "svg") continue;
      const clip = at.getBoundingClientRect();
      right = Math.min(right, clip.right);
      const room = parseFloat(style.fontSize) * 0.25; // a line's box is taller than its letters
      if (flow.textOverflow !== "ellipsis" && (box.bottom > clip.bottom + room || box.right > clip.right + 2)) {
        hidden.push(at.className);
      }
    }
    const outside = box.bottom < frame.top || box.top > frame.bottom;
    if (element.closest(".window") && hidden.length) continue;
    const middle = (box.top + box.bottom) / 2;
    const half = (parseFloat(style.fontSize) * scale) / 2; // letters with marks above and below
    const lines = Math.max(1, Math.round(box.height / (2.5 * half)));
    const [top, bottom] = lines > 1 ? [box.top, box.bottom] : [middle - half, middle + half];
    found.push({
      text: walker.currentNode.textContent.trim(),
      size: parseFloat(style.fontSize) * scale,
      colour: colours(svg ? style.fill : style.color)[0],
      grounds: mark ?? grounds(element),
      box: [box.left, top, right, bottom],
      clipped: hidden,
      outside,
    });
  }
  return found;
}"""

_PAPER_TEXTS = """() => {
  const colours = (text) => [...text.matchAll(/rgba?\\(([^)]+)\\)/g)].map((found) => found[1].split(",").map(Number));
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [colour] = colours(getComputedStyle(at).backgroundColor);
      if (colour && (colour.length < 4 || colour[3] > 0)) return colour;
    }
    return colours(getComputedStyle(document.querySelector(".stApp")).backgroundColor)[0];
  };
  const found = [];
  for (const host of document.querySelectorAll("[data-testid=stBidiComponentIsolated]")) {
    const paper = host.shadowRoot.querySelector(".paper");
    if (!paper) continue;
    const walker = document.createTreeWalker(paper, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      const box = range.getBoundingClientRect();
      const style = getComputedStyle(element);
      const svg = element.namespaceURI.endsWith("svg");
      found.push({
        text: walker.currentNode.textContent.trim(),
        size: parseFloat(style.fontSize) * (svg ? element.getScreenCTM().a : 1),
        colour: colours(svg ? style.fill : style.color)[0],
        ground: ground(element),
        beyond: Math.max(box.right - innerWidth, -box.left),
      });
    }
  }
  return found;
}"""

_SCROLL = """() => {
  const page = document.scrollingElement;
  const root = document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot;
  const wall = root.querySelector(".wall");
  return [page.scrollWidth - innerWidth, page.scrollHeight - innerHeight,
          wall.scrollWidth - wall.clientWidth, wall.scrollHeight - wall.clientHeight];
}"""


async def open_wall(page: Page, address: str, *, query: str = "", token: str = TOKEN) -> None:
    """Open the wall and wait until the feed is live and everything is drawn."""
    await page.goto(f"{address}/wall?kiosk={token}&screen=Phòng trực số 1{query}")
    await page.wait_for_selector(".wall[data-feed=live]")
    await page.wait_for_selector(".wall[data-seq]")
    await settle(page)


async def settle(page: Page) -> None:
    """Wait for the fonts, and until what changed has been drawn."""
    await page.evaluate(
        "async () => { await document.fonts.ready;"
        " for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); }"
    )


async def show(page: Page, feed: FeedServer, state: dict[str, dict[str, Any]]) -> None:
    """Have the wall show another state, by changes of every key."""
    for topic, values in state.items():
        gone = dict.fromkeys(feed.state.get(topic, {}).keys() - values.keys())
        await feed.change(topic, {**values, **gone})
    await page.wait_for_selector(f'.wall[data-seq="{feed.seq}"]')
    await settle(page)


async def texts(page: Page) -> list[dict[str, Any]]:
    """Every visible piece of text: its letters' size (px), colours, box, and by what it is clipped."""
    found: list[dict[str, Any]] = await page.evaluate(_TEXTS)
    return found


async def paper_texts(page: Page) -> list[dict[str, Any]]:
    """Every visible text of a page that the server wrote: size (px), colours, px beyond the window."""
    found: list[dict[str, Any]] = await page.evaluate(_PAPER_TEXTS)
    return found


async def scroll_excess(page: Page) -> list[int]:
    """By how many pixels the page and the wall are larger than the window; each 0 or less when nothing scrolls."""
    excess: list[int] = await page.evaluate(_SCROLL)
    return excess


def contrast(colour: Sequence[float], ground: Sequence[float]) -> float:
    """The contrast ratio of two colours (WCAG 2.2)."""
    light, dark = sorted((_luminance(colour), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def overlapping(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of texts that cover each other."""
    pairs = []
    for index, one in enumerate(found):
        for other in found[index + 1 :]:
            a, b = one["box"], other["box"]
            across = min(a[2], b[2]) - max(a[0], b[0])
            down = min(a[3], b[3]) - max(a[1], b[1])
            if across > 2 and down > 0.2 * min(a[3] - a[1], b[3] - b[1]):
                pairs.append((one["text"], other["text"]))
    return pairs


def _luminance(colour: Sequence[float]) -> float:
    def linear(channel: float) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
