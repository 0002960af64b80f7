import { useNavigate, useParams } from "@tanstack/react-router";

import { ChatPage } from "@/features/chat/chat-page";

/** Joins the chat to the address bar and to the documents, which it does not know itself. */
export function ChatRoute() {
  const { conversationId } = useParams({ from: "/chat/{-$conversationId}" });
  const navigate = useNavigate();
  return (
    <ChatPage
      conversationId={conversationId}
      onSelect={(id) => void navigate({ to: "/chat/{-$conversationId}", params: { conversationId: id } })}
      onOpenDocument={(documentId, page) =>
        void navigate({ to: "/documents", search: { document: documentId, page: page ?? 1 } })
      }
    />
  );
}
