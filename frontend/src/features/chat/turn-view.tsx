import { useMutation } from "@tanstack/react-query";
import { CircleStop, LoaderCircle } from "lucide-react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { Answer } from "@/features/chat/answer";
import { stopTurn } from "@/features/chat/api/turns";
import type { Step } from "@/features/chat/branches";
import { Question } from "@/features/chat/question";
import { useTurnStream, type TurnStream } from "@/features/chat/use-turn-stream";

type Props = {
  conversationId: string;
  step: Step;
  /** Shows another turn asked at the same place. */
  onChoose: (turnId: string) => void;
  /** Asks in the place of this turn. */
  onAskHere: (text: string) => void;
  onOpenDocument: (documentId: string, page: number | null) => void;
};

/**
 * A question and its answer. One that is still being given is followed live; the stored turn then takes its place in the
 * same element, so that an open receipt stays open.
 */
export function TurnView({ conversationId, step, onChoose, onAskHere, onOpenDocument }: Props) {
  const { turn } = step;
  const running = turn.state === "running";
  const stream = useTurnStream(conversationId, turn.id, running);
  return (
    <li className="flex flex-col gap-3">
      <Question step={step} onChoose={onChoose} onAskHere={onAskHere} />
      <Answer
        conversationId={conversationId}
        turnId={turn.id}
        question={turn.question}
        answer={running ? stream.turn : turn}
        progress={running && <Progress conversationId={conversationId} turnId={turn.id} stream={stream} />}
        onAskAgain={() => onAskHere(turn.question)}
        onOpenDocument={onOpenDocument}
      />
    </li>
  );
}

function Progress({ conversationId, turnId, stream }: { conversationId: string; turnId: string; stream: TurnStream }) {
  const stop = useMutation({ mutationFn: () => stopTurn(conversationId, turnId) });
  if (stream.error !== undefined) return <ErrorNote error={stream.error} />;
  if (stream.turn.state !== "running") return null;
  const word = stream.interrupted ? "Reconnecting" : stream.turn.text === "" ? "Working" : "Answering";
  return (
    <div className="flex items-center gap-3">
      <p role="status" className="flex items-center gap-2 text-sm text-muted">
        <LoaderCircle aria-hidden className="size-4 animate-spin" />
        {word}
        {stream.turn.attempt > 1 && " again, after an interruption"}
      </p>
      <Button size="small" busy={stop.isPending || stop.isSuccess} onClick={() => stop.mutate()}>
        <CircleStop aria-hidden className="size-3.5" />
        Stop
      </Button>
      {stop.isError && <ErrorNote error={stop.error} />}
    </div>
  );
}
