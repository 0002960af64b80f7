import { useSyncExternalStore } from "react";

let chosenId: string | undefined;
const listeners = new Set<() => void>();

/** Which portfolio the pages are about; the choice outlives a change of page, not a reload. */
export function useChosenPortfolio(): [chosenId: string | undefined, choose: (id: string) => void] {
  return [useSyncExternalStore(subscribe, () => chosenId), choose];
}

function choose(id: string): void {
  chosenId = id;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
