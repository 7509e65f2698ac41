/** A page written by the server; its links are followed inside the session, so that nobody has to sign in again. */

const shown = new WeakMap();

export function mount({ parentElement, data }) {
  const paper = parentElement.querySelector(".paper");
  if (shown.get(paper) !== data.html) write(paper, data.html);
  paper.onclick = (event) => {
    const link = event.target.closest("a[href^='/']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    follow(link.getAttribute("href"));
  };
}

/**
 * Go to another page as the browser's Back and Forward do: the browser itself asks for the new page, and all that the
 * old one asks for afterwards can be told by the order (dashboards/visit.py).
 */
function follow(address) {
  if (address === location.pathname + location.search) return;
  history.pushState(null, "", address);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** What was scrolled stays so; a list with something chosen begins there; what is to be looked at comes into view. */
function write(paper, html) {
  const first = !shown.has(paper);
  const looked = paper.querySelector("[data-look]")?.dataset.look;
  const places = new Map([...paper.querySelectorAll("[data-scroll]")].map((box) => [box.dataset.scroll, box.scrollTop]));
  shown.set(paper, html);
  paper.innerHTML = html; // from a template that escapes every value
  for (const box of paper.querySelectorAll("[data-scroll]")) {
    const chosen = box.querySelector(".chosen");
    if (!first) box.scrollTop = places.get(box.dataset.scroll) ?? 0;
    else if (chosen) box.scrollTop = chosen.offsetTop - box.clientHeight / 2;
  }
  const look = paper.querySelector("[data-look]");
  if (look && look.dataset.look !== looked) look.scrollIntoView({ block: "start", behavior: "smooth" });
}
