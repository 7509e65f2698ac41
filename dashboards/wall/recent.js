/** The newest dossiers: each comes in at the top and pushes the others down. */

import { fromTemplate, reconcile, setHidden, setText } from "./dom.js";
import { statusName, timeOfDay } from "./words.js";

const SLIDE = { duration: 450, easing: "ease-out" };

export function makeRecent(root) {
  const section = root.querySelector(".recent");
  const list = section.querySelector("ol");
  const empty = section.querySelector(".empty");

  return {
    render(recent, complete) {
      const dossiers = recent.get("dossiers") ?? [];
      setHidden(empty, dossiers.length > 0 || !complete);
      const before = list.firstElementChild;
      const keys = dossiers.map((dossier, index) => keyOf(dossier, dossiers, index));
      const made = reconcile(list, keys, () => fromTemplate(root, "dossier"));
      dossiers.forEach((dossier, index) => fill(list.children[index], dossier));
      if (before?.isConnected && made.length) slide(list, before);
    },
  };
}

/** The same dossier may be told twice with one status: number the repeats, oldest first. */
function keyOf(dossier, dossiers, index) {
  const same = (other) => other.code === dossier.code && other.told_at === dossier.told_at;
  return `${dossier.code} ${dossier.told_at} ${dossiers.slice(index + 1).filter(same).length}`;
}

function fill(line, dossier) {
  const part = (name) => line.querySelector(name);
  setText(part(".at"), timeOfDay(Date.parse(dossier.told_at)));
  setText(part(".procedure"), dossier.procedure_name || dossier.code);
  setText(part(".place"), dossier.unit_name);
  setText(part(".status"), statusName(dossier.status));
}

function slide(list, before) {
  const distance = before.offsetTop - list.offsetTop;
  if (distance <= 0) return;
  list.animate([{ transform: `translateY(-${distance}px)` }, { transform: "none" }], SLIDE);
}
