export function DocumentsPage() {
  return <h1 className="text-xl font-semibold">Documents</h1>;
}
