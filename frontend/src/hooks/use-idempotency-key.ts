import { useRef } from "react";

import { newIdempotencyKey } from "@/lib/api/client";

/**
 * Keys for the writes of one form: the same body keeps its key until the write has succeeded, so pressing the button again
 * after a lost answer has one effect, and a corrected body is a new write.
 */
export function useIdempotencyKey(): { keyFor: (body: unknown) => string; settle: () => void } {
  const current = useRef<{ body: string; key: string } | undefined>(undefined);
  return {
    keyFor: (body) => {
      const text = JSON.stringify(body);
      if (current.current?.body !== text) current.current = { body: text, key: newIdempotencyKey() };
      return current.current.key;
    },
    settle: () => {
      current.current = undefined;
    },
  };
}
