/** A page written by the server; its links are followed inside the session, so that nobody has to sign in again. */

const shown = new WeakMap();

export function mount({ parentElement, data, setTriggerValue }) {
  const paper = parentElement.querySelector(".paper");
  if (shown.get(paper) !== data.html) {
    shown.set(paper, data.html);
    const place = scrolled(paper);
    paper.innerHTML = data.html; // from a template that escapes every value
    for (const [name, top] of place) paper.querySelector(`[data-scroll="${name}"]`)?.scrollTo(0, top);
  }
  paper.onclick = (event) => {
    const link = event.target.closest("a[href^='/']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setTriggerValue("opened", link.getAttribute("href"));
  };
}

function scrolled(paper) {
  return [...paper.querySelectorAll("[data-scroll]")].map((box) => [box.dataset.scroll, box.scrollTop]);
}
