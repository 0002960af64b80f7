import { ChevronLeft, ChevronRight, Pencil, RotateCcw } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import type { Step } from "@/features/chat/branches";

type Props = { step: Step; onChoose: (turnId: string) => void; onAskHere: (text: string) => void };

/** What was asked. It can be asked again or otherwise; the earlier question and its answer stay and can be gone back to. */
export function Question({ step, onChoose, onAskHere }: Props) {
  const { turn, siblings, index } = step;
  const [editing, setEditing] = useState(false);
  if (editing) {
    return (
      <Edit
        question={turn.question}
        onCancel={() => setEditing(false)}
        onSend={(text) => {
          setEditing(false);
          onAskHere(text);
        }}
      />
    );
  }
  const goTo = (at: number) => {
    const sibling = siblings[at];
    if (sibling !== undefined) onChoose(sibling.id);
  };
  return (
    <div className="group flex max-w-[85%] flex-col items-end gap-1 self-end">
      <p className="rounded-2xl rounded-br-md bg-accent-soft px-4 py-2 break-words whitespace-pre-wrap">
        <span className="sr-only">You asked: </span>
        {turn.question}
      </p>
      <div className="flex items-center gap-1 text-xs text-muted">
        {siblings.length > 1 && (
          <span className="flex items-center">
            <Button
              size="small"
              variant="quiet"
              aria-label="Earlier version"
              disabled={index === 0}
              onClick={() => goTo(index - 1)}
            >
              <ChevronLeft aria-hidden className="size-3.5" />
            </Button>
            {index + 1} of {siblings.length}
            <Button
              size="small"
              variant="quiet"
              aria-label="Later version"
              disabled={index === siblings.length - 1}
              onClick={() => goTo(index + 1)}
            >
              <ChevronRight aria-hidden className="size-3.5" />
            </Button>
          </span>
        )}
        {turn.state !== "running" && (
          <>
            <Button size="small" variant="quiet" aria-label="Edit the question" onClick={() => setEditing(true)}>
              <Pencil aria-hidden className="size-3.5" />
            </Button>
            <Button size="small" variant="quiet" aria-label="Answer anew" onClick={() => onAskHere(turn.question)}>
              <RotateCcw aria-hidden className="size-3.5" />
            </Button>
          </>
        )}
      </div>
    </div>
  );
}

function Edit({
  question,
  onCancel,
  onSend,
}: {
  question: string;
  onCancel: () => void;
  onSend: (text: string) => void;
}) {
  const [text, setText] = useState(question);
  return (
    <form
      className="flex w-[85%] flex-col gap-2 self-end rounded-2xl border border-accent p-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "") onSend(text.trim());
      }}
    >
      <textarea
        aria-label="Edited question"
        // The reader has just asked to write here.
        ref={(box) => box?.focus()}
        value={text}
        maxLength={8_000}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onCancel();
        }}
        className="field-sizing-content min-h-9 resize-none bg-transparent outline-none"
      />
      <div className="flex justify-end gap-2">
        <Button size="small" variant="quiet" onClick={onCancel}>
          Cancel
        </Button>
        <Button size="small" variant="primary" type="submit" disabled={text.trim() === ""}>
          Ask
        </Button>
      </div>
    </form>
  );
}
