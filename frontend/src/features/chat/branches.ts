import type { Turn } from "@/features/chat/api/types";

/** A turn on the way from the first question to the last shown, among those asked at the same place. */
export type Step = { turn: Turn; siblings: readonly Turn[]; index: number };

/** Which branch is shown after a turn: the turn chosen there, by its parent ("" for the first questions). */
export type Choices = ReadonlyMap<string, string>;

export function parentOf(turn: Turn): string {
  return turn.parent_turn_id ?? "";
}

/** The turns to show: at each place the one chosen, else the newest. */
export function shownPath(turns: readonly Turn[], choices: Choices): Step[] {
  const children = new Map<string, Turn[]>();
  for (const turn of turns) {
    const siblings = children.get(parentOf(turn));
    if (siblings === undefined) children.set(parentOf(turn), [turn]);
    else siblings.push(turn);
  }
  const path: Step[] = [];
  let parent = "";
  while (path.length <= turns.length) {
    const siblings = children.get(parent);
    if (siblings === undefined) break;
    const chosen = siblings.findIndex((turn) => turn.id === choices.get(parent));
    const index = chosen === -1 ? siblings.length - 1 : chosen;
    const turn = siblings[index];
    if (turn === undefined) break;
    path.push({ turn, siblings, index });
    parent = turn.id;
  }
  return path;
}
