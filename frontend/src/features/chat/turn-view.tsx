import { useMutation } from "@tanstack/react-query";
import { CircleStop, LoaderCircle } from "lucide-react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { Answer, type AnswerData } from "@/features/chat/answer";
import { stopTurn } from "@/features/chat/api/turns";
import type { Turn } from "@/features/chat/api/types";
import { useTurnStream } from "@/features/chat/use-turn-stream";

type Props = {
  conversationId: string;
  turn: Turn;
  onAskAgain: (text: string) => void;
  onOpenDocument: (documentId: string, page: number | null) => void;
};

/** A question and its answer; one that is still being given is followed live. */
export function TurnView(props: Props) {
  const { turn } = props;
  return (
    <li className="flex flex-col gap-3">
      <p className="max-w-[85%] self-end rounded-2xl rounded-br-md bg-accent-soft px-4 py-2 break-words whitespace-pre-wrap">
        <span className="sr-only">You asked: </span>
        {turn.question}
      </p>
      {turn.state === "running" ? <RunningAnswer {...props} /> : <SettledAnswer {...props} answer={turn} />}
    </li>
  );
}

function SettledAnswer({ conversationId, turn, answer, onAskAgain, onOpenDocument }: Props & { answer: AnswerData }) {
  return (
    <Answer
      conversationId={conversationId}
      turnId={turn.id}
      question={turn.question}
      answer={answer}
      onAskAgain={() => onAskAgain(turn.question)}
      onOpenDocument={onOpenDocument}
    />
  );
}

function RunningAnswer(props: Props) {
  const { conversationId, turn } = props;
  const stream = useTurnStream(conversationId, turn.id);
  const stop = useMutation({ mutationFn: () => stopTurn(conversationId, turn.id) });
  if (stream.error !== undefined) return <ErrorNote error={stream.error} />;
  if (stream.turn.state !== "running") return <SettledAnswer {...props} answer={stream.turn} />;
  const word = stream.interrupted ? "Reconnecting" : stream.turn.text === "" ? "Working" : "Answering";
  return (
    <Answer
      conversationId={conversationId}
      turnId={turn.id}
      question={turn.question}
      answer={stream.turn}
      onAskAgain={() => props.onAskAgain(turn.question)}
      onOpenDocument={props.onOpenDocument}
      progress={
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
      }
    />
  );
}
