export function ChatPage() {
  return <h1 className="text-xl font-semibold">Chat</h1>;
}
