import { useQuery, useQueryClient } from "@tanstack/react-query";
import { PanelLeft } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { useAsk } from "@/features/chat/api/ask";
import { conversationKey, conversationQuery } from "@/features/chat/api/conversation";
import { parentOf, shownPath, type Choices } from "@/features/chat/branches";
import { Composer } from "@/features/chat/composer";
import { ConversationList, titleOf } from "@/features/chat/conversation-list";
import { ModelPicker } from "@/features/chat/model-picker";
import { TurnView } from "@/features/chat/turn-view";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import type { ConversationWithTurns as Conversation } from "@/lib/api/gen/chat/types.gen";
import { classNames } from "@/lib/class-names";

const suggestions = [
  "How did I do this year against SPY, and how risky is it?",
  "What do I hold, and what is it worth?",
  "How is my money divided by sector?",
  "Compare AAPL and MSFT over the last year",
  "What do my documents say about fees?",
];

type Props = {
  conversationId: string | undefined;
  onSelect: (conversationId: string | undefined) => void;
  onOpenDocument: (documentId: string, page: number | null) => void;
};

export function ChatPage({ conversationId, onSelect, onOpenDocument }: Props) {
  const [listOpen, setListOpen] = useState(false);
  const ask = useAsk();
  const idempotency = useIdempotencyKey();
  const queryClient = useQueryClient();
  const [choices, setChoices] = useState<Choices>(new Map());
  const [model, setModel] = useState<string>();
  const choose = (parent: string, turnId: string | undefined) =>
    setChoices((before) => {
      const after = new Map(before);
      if (turnId === undefined) after.delete(parent);
      else after.set(parent, turnId);
      return after;
    });

  /** Asks after the last turn shown, or in the place of another one: then both branches stay. */
  const send = (text: string, accepted?: () => void, place?: string) => {
    const shown = conversationId === undefined ? undefined : queryClient.getQueryData(conversationKey(conversationId));
    const parent = place ?? shownPath((shown as Conversation | undefined)?.turns ?? [], choices).at(-1)?.turn.id;
    const question = { conversationId, text, parent, model };
    ask.mutate(
      { ...question, idempotencyKey: idempotency.keyFor(question) },
      {
        onSuccess: (asked) => {
          idempotency.settle();
          accepted?.();
          if (place !== undefined) choose(place, undefined);
          if (asked.conversationId !== conversationId) onSelect(asked.conversationId);
        },
      },
    );
  };

  return (
    <div className="grid flex-1 gap-4 lg:grid-cols-[16rem_minmax(0,1fr)]">
      <aside
        className={classNames(
          "lg:sticky lg:top-20 lg:block lg:max-h-[calc(100dvh-7rem)] lg:self-start",
          !listOpen && "hidden",
        )}
      >
        <ConversationList
          selectedId={conversationId}
          onSelect={(id) => {
            setListOpen(false);
            ask.reset();
            setModel(undefined);
            onSelect(id);
          }}
        />
      </aside>
      <div className={classNames("mx-auto w-full max-w-3xl flex-col", listOpen ? "hidden lg:flex" : "flex")}>
        <div className="mb-2 lg:hidden">
          <Button size="small" variant="quiet" onClick={() => setListOpen(true)}>
            <PanelLeft aria-hidden className="size-4" />
            Conversations
          </Button>
        </div>
        {conversationId === undefined ? (
          <Welcome onAsk={(text) => send(text)} />
        ) : (
          <Thread
            key={conversationId}
            conversationId={conversationId}
            choices={choices}
            onChoose={choose}
            onAsk={(text, place) => send(text, undefined, place)}
            onOpenDocument={onOpenDocument}
          />
        )}
        <div className="sticky bottom-0 mt-auto flex flex-col gap-2 bg-canvas pt-2 pb-4">
          {ask.isError && <ErrorNote error={ask.error} />}
          <Composer busy={ask.isPending} onSend={(text, accepted) => send(text, accepted)} />
          <CurrentModel conversationId={conversationId} choices={choices} chosen={model} onChoose={setModel} />
          <p className="text-center text-xs text-muted">
            Figures are checked against the tools that computed them. Click one for its receipt. Not investment advice.
          </p>
        </div>
      </div>
    </div>
  );
}

type CurrentModelProps = {
  conversationId: string | undefined;
  choices: Choices;
  chosen: string | undefined;
  onChoose: (model: string) => void;
};

function CurrentModel({ conversationId, choices, chosen, onChoose }: CurrentModelProps) {
  const conversation = useQuery({
    ...conversationQuery(conversationId ?? ""),
    enabled: conversationId !== undefined,
  });
  const current = shownPath(conversation.data?.turns ?? [], choices).at(-1)?.turn.model;
  return <ModelPicker chosen={chosen} current={current} onChoose={onChoose} />;
}

function Welcome({ onAsk }: { onAsk: (text: string) => void }) {
  return (
    <div className="flex flex-1 flex-col items-center justify-center gap-5 py-10 text-center">
      <div>
        <h1 className="text-2xl font-semibold">What would you like to know?</h1>
        <p className="mt-1 text-muted">Every figure of the answer points to the result it came from.</p>
      </div>
      <ul aria-label="Suggested questions" className="grid w-full max-w-xl gap-2">
        {suggestions.map((question) => (
          <li key={question}>
            <button
              type="button"
              onClick={() => onAsk(question)}
              className="w-full rounded-xl border border-line bg-surface px-4 py-2.5 text-left text-sm hover:border-accent hover:bg-accent-soft"
            >
              {question}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

type ThreadProps = {
  conversationId: string;
  choices: Choices;
  onChoose: (parent: string, turnId: string) => void;
  onAsk: (text: string, place: string) => void;
  onOpenDocument: (documentId: string, page: number | null) => void;
};

function Thread({ conversationId, choices, onChoose, onAsk, onOpenDocument }: ThreadProps) {
  const conversation = useQuery(conversationQuery(conversationId));
  const list = useRef<HTMLUListElement>(null);
  useFollowBottom(list, conversation.data?.turns.length ?? 0);

  if (conversation.isPending) return <Spinner label="Loading the conversation" />;
  if (conversation.isError) {
    return <ErrorNote error={conversation.error} onRetry={() => void conversation.refetch()} />;
  }
  return (
    <>
      <h1 className="mb-3 truncate text-sm font-medium text-muted">{titleOf(conversation.data)}</h1>
      <ul ref={list} aria-label="Conversation" className="flex flex-col gap-6 pb-4">
        {shownPath(conversation.data.turns, choices).map((step) => (
          <TurnView
            key={step.turn.id}
            conversationId={conversationId}
            step={step}
            onChoose={(turnId) => onChoose(parentOf(step.turn), turnId)}
            onAskHere={(text) => onAsk(text, parentOf(step.turn))}
            onOpenDocument={onOpenDocument}
          />
        ))}
      </ul>
    </>
  );
}

/** Keeps the newest line in view while the reader is at the bottom, and lets go once they scroll up. */
function useFollowBottom(list: React.RefObject<HTMLUListElement | null>, turns: number): void {
  const following = useRef(true);
  useEffect(() => {
    const onScroll = () => {
      const rest = document.documentElement.scrollHeight - window.scrollY - window.innerHeight;
      following.current = rest < 120;
    };
    window.addEventListener("scroll", onScroll, { passive: true });
    return () => window.removeEventListener("scroll", onScroll);
  }, []);
  useLayoutEffect(() => {
    following.current = true;
    toBottom();
    if (list.current === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (following.current) toBottom();
    });
    observer.observe(list.current);
    return () => observer.disconnect();
  }, [list, turns]);
}

function toBottom(): void {
  window.scrollTo({ top: document.documentElement.scrollHeight });
}
