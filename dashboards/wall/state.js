/** The province as the feed tells it: values by topic and key; absolute, so hearing one twice changes nothing. */

export const TOPICS = ["overview", "alerts", "units", "systems", "sources", "recent"];

export class State {
  constructor() {
    this.topics = new Map(TOPICS.map((topic) => [topic, new Map()]));
    this.complete = false;
  }

  /** Take in a frame of the feed; returns the topics that may have changed. */
  apply(frame) {
    if (frame.type === "snapshot") {
      for (const topic of TOPICS) this.topics.set(topic, new Map(Object.entries(frame.state[topic] ?? {})));
      this.complete = true;
      return TOPICS;
    }
    if (frame.type === "delta" && this.topics.has(frame.topic)) {
      const values = this.topics.get(frame.topic);
      for (const [key, value] of Object.entries(frame.items)) {
        if (value === null) values.delete(key);
        else values.set(key, value);
      }
      return [frame.topic];
    }
    return [];
  }

  of(topic) {
    return this.topics.get(topic);
  }
}

/** Groups by severity, then the newest first; equal ones by key, so that lines don't change places. */
export function inOrder(groups) {
  return [...groups.entries()].sort(
    ([key, a], [other, b]) =>
      a.severity - b.severity || Date.parse(b.started_at) - Date.parse(a.started_at) || (key < other ? -1 : 1),
  );
}

/** Whether somebody should see to a group: nobody has it, and nothing mutes it. */
export function isWaiting(group) {
  return !group.acknowledged_by && !group.muted;
}

/** Keys of P1 and P2 groups that were not there before, or were muted; those that are muted make no sound. */
export function newlyUrgent(before, groups) {
  const known = (key) => before.has(key) && !before.get(key).muted;
  return [...groups].filter(([key, group]) => group.severity <= 2 && !group.muted && !known(key)).map(([key]) => key);
}
