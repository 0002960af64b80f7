import { useSyncExternalStore } from "react";

const storageKey = "stocktool.theme";
const listeners = new Set<() => void>();

function isDark(): boolean {
  return document.documentElement.classList.contains("dark");
}

/** The first choice is made by public/theme.js before the first paint. */
export function setDark(dark: boolean): void {
  document.documentElement.classList.toggle("dark", dark);
  try {
    localStorage.setItem(storageKey, dark ? "dark" : "light");
  } catch {
    // The choice then lasts until the reload.
  }
  for (const listener of listeners) listener();
}

export function useDark(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, isDark);
}
