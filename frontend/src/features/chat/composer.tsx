import { ArrowUp } from "lucide-react";
import { useId, useState } from "react";

import { Button } from "@/components/button";

const longestQuestion = 8_000;

type Props = { busy: boolean; onSend: (text: string, accepted: () => void) => void };

/** Where the question is typed. It is kept until the server has it, so a failed send loses nothing. */
export function Composer({ busy, onSend }: Props) {
  const [text, setText] = useState("");
  const id = useId();
  const ready = text.trim() !== "" && !busy;
  const send = () => {
    if (ready) onSend(text.trim(), () => setText(""));
  };
  return (
    <form
      className="flex items-end gap-2 rounded-2xl border border-line bg-surface p-2 shadow-sm focus-within:border-accent"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label htmlFor={id} className="sr-only">
        Ask a question
      </label>
      <textarea
        id={id}
        rows={1}
        value={text}
        maxLength={longestQuestion}
        placeholder="Ask about your portfolio or documents"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            send();
          }
        }}
        className="field-sizing-content max-h-48 min-h-9 flex-1 resize-none bg-transparent px-2 py-1.5 outline-none placeholder:text-muted"
      />
      <Button
        type="submit"
        variant="primary"
        disabled={!ready}
        busy={busy}
        aria-label="Send"
        className="rounded-xl px-2.5"
      >
        <ArrowUp aria-hidden className="size-4" />
      </Button>
    </form>
  );
}
