import { useInfiniteQuery } from "@tanstack/react-query";
import { Ellipsis, Pin, Plus, Search } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";

import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { TextField } from "@/components/field";
import { Spinner } from "@/components/spinner";
import { conversationsQuery, useDeleteConversation, useUpdateConversation } from "@/features/chat/api/conversations";
import { useExport, type ExportFormat } from "@/features/chat/api/export";
import type { Conversation } from "@/features/chat/api/types";
import { RetentionChoice } from "@/features/chat/retention-choice";
import { ShareDialog } from "@/features/chat/share-dialog";
import { useDebounced } from "@/hooks/use-debounced";
import { classNames } from "@/lib/class-names";
import { textOf } from "@/lib/form";

type Props = {
  selectedId: string | undefined;
  onSelect: (conversationId: string | undefined) => void;
};

export function ConversationList({ selectedId, onSelect }: Props) {
  const [search, setSearch] = useState("");
  const conversations = useInfiniteQuery(conversationsQuery(useDebounced(search.trim())));
  const update = useUpdateConversation();
  const remove = useDeleteConversation();
  const [renaming, setRenaming] = useState<Conversation>();
  const [sharing, setSharing] = useState<Conversation>();
  const exporting = useExport();
  const [doomed, setDoomed] = useState<Conversation>();
  const items = conversations.data ?? [];
  const ordered = [...items.filter((item) => item.pinned), ...items.filter((item) => !item.pinned)];

  return (
    <nav aria-label="Conversations" className="flex min-h-0 flex-col gap-2">
      <Button onClick={() => onSelect(undefined)}>
        <Plus aria-hidden className="size-4" />
        New conversation
      </Button>
      <div className="relative">
        <Search aria-hidden className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-muted" />
        <input
          type="search"
          aria-label="Search conversations"
          placeholder="Search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="w-full rounded-lg border border-line bg-surface py-2 pr-2 pl-8 text-sm placeholder:text-muted"
        />
      </div>
      {conversations.isPending && <Spinner label="Loading conversations" />}
      {conversations.isError && <ErrorNote error={conversations.error} onRetry={() => void conversations.refetch()} />}
      {update.isError && renaming === undefined && <ErrorNote error={update.error} />}
      {exporting.isError && <ErrorNote error={exporting.error} />}
      {conversations.isSuccess && items.length === 0 && (
        <p className="px-2 py-4 text-center text-sm text-muted">
          {search === "" ? "No conversations yet" : "Nothing said contains this"}
        </p>
      )}
      <ul className="flex min-h-0 flex-col gap-0.5 overflow-y-auto">
        {ordered.map((conversation) => (
          <li
            key={conversation.id}
            className={classNames(
              "flex items-center rounded-lg text-sm",
              conversation.id === selectedId ? "bg-accent-soft" : "hover:bg-raised",
            )}
          >
            <button
              type="button"
              aria-current={conversation.id === selectedId ? "page" : undefined}
              onClick={() => onSelect(conversation.id)}
              className="flex min-w-0 flex-1 items-center gap-1.5 px-2.5 py-2 text-left"
            >
              {conversation.pinned && <Pin aria-label="Pinned" className="size-3.5 shrink-0 text-accent" />}
              <span className="truncate">{titleOf(conversation)}</span>
            </button>
            <Actions
              conversation={conversation}
              onRename={() => setRenaming(conversation)}
              onPin={() => update.mutate({ id: conversation.id, pinned: !conversation.pinned })}
              onShare={() => setSharing(conversation)}
              onExport={(format) => exporting.mutate({ conversationId: conversation.id, format })}
              onDelete={() => setDoomed(conversation)}
            />
          </li>
        ))}
      </ul>
      {conversations.hasNextPage && (
        <Button size="small" busy={conversations.isFetchingNextPage} onClick={() => void conversations.fetchNextPage()}>
          Show more
        </Button>
      )}
      <RetentionChoice />
      {renaming !== undefined && (
        <Dialog title="Rename conversation" onClose={() => setRenaming(undefined)}>
          <form
            className="flex flex-col gap-3"
            onSubmit={(event) => {
              event.preventDefault();
              const title = textOf(new FormData(event.currentTarget), "title");
              update.mutate({ id: renaming.id, title }, { onSuccess: () => setRenaming(undefined) });
            }}
          >
            {update.isError && <ErrorNote error={update.error} />}
            <TextField label="Title" name="title" required maxLength={200} defaultValue={renaming.title} />
            <div className="flex justify-end gap-2">
              <Button onClick={() => setRenaming(undefined)}>Cancel</Button>
              <Button type="submit" variant="primary" busy={update.isPending}>
                Rename
              </Button>
            </div>
          </form>
        </Dialog>
      )}
      {sharing !== undefined && (
        <ShareDialog conversationId={sharing.id} title={titleOf(sharing)} onClose={() => setSharing(undefined)} />
      )}
      {doomed !== undefined && (
        <ConfirmDialog
          title="Delete this conversation?"
          description={`"${titleOf(doomed)}" and everything said in it will be gone.`}
          confirmLabel="Delete conversation"
          busy={remove.isPending}
          error={remove.error}
          onClose={() => setDoomed(undefined)}
          onConfirm={() =>
            remove.mutate(doomed.id, {
              onSuccess: () => {
                if (doomed.id === selectedId) onSelect(undefined);
                setDoomed(undefined);
              },
            })
          }
        />
      )}
    </nav>
  );
}

export function titleOf(conversation: Pick<Conversation, "title">): string {
  return conversation.title === "" ? "New conversation" : conversation.title;
}

type ActionsProps = {
  conversation: Conversation;
  onRename: () => void;
  onPin: () => void;
  onShare: () => void;
  onExport: (format: ExportFormat) => void;
  onDelete: () => void;
};

function Actions({ conversation, onRename, onPin, onShare, onExport, onDelete }: ActionsProps) {
  const item = "cursor-pointer rounded-md px-2.5 py-1.5 text-sm outline-none data-[highlighted]:bg-raised";
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger
        aria-label={`Actions for ${titleOf(conversation)}`}
        className="mr-1 rounded p-1 text-muted hover:text-ink"
      >
        <Ellipsis aria-hidden className="size-4" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          className="z-50 min-w-36 rounded-lg border border-line bg-surface p-1 shadow-lg"
        >
          <DropdownMenu.Item className={item} onSelect={onRename}>
            Rename
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} onSelect={onPin}>
            {conversation.pinned ? "Unpin" : "Pin"}
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} onSelect={onShare}>
            Share
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} onSelect={() => onExport("markdown")}>
            Export as Markdown
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} onSelect={() => onExport("json")}>
            Export as JSON
          </DropdownMenu.Item>
          <DropdownMenu.Item className={classNames(item, "text-loss")} onSelect={onDelete}>
            Delete
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
