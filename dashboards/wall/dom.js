/** Small changes to a page: nothing is written that already stands there, and text only ever as text. */

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

export function fromTemplate(root, id) {
  return root.querySelector(`template#${id}`).content.firstElementChild.cloneNode(true);
}

/** Keep one child of `list` for each of `keys`, in their order; `make(key)` builds those that are missing. */
export function reconcile(list, keys, make) {
  const present = new Map();
  for (const child of list.children) present.set(child.dataset.key, child);
  let place = list.firstElementChild;
  const made = [];
  for (const key of keys) {
    let child = present.get(key);
    if (child) {
      present.delete(key);
    } else {
      child = make(key);
      child.dataset.key = key;
      made.push(child);
    }
    if (child === place) {
      place = place.nextElementSibling;
    } else {
      list.insertBefore(child, place);
    }
  }
  for (const child of present.values()) child.remove();
  return made;
}
