import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

import { live, type LiveMessage, type LiveStatus } from "@/lib/live";

export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(live.subscribeStatus, live.getStatus);
}

/** Hears every message of one type while mounted. */
export function useLiveMessage(type: string, listener: (message: LiveMessage) => void): void {
  const onMessage = useEffectEvent(listener);
  useEffect(() => live.on(type, (message) => onMessage(message)), [type]);
}
