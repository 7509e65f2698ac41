/** The button that prints the page; the report's style sheet says how that looks. */

export function mount({ parentElement }) {
  parentElement.querySelector(".print").onclick = () => window.print();
}
