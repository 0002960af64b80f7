import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { searchQuery } from "@/features/documents/api/search";
import type { OpenedPage } from "@/features/documents/documents-page";
import { formatNumber } from "@/lib/format";
import { textOf } from "@/lib/form";

export function SearchCard({ onOpen }: { onOpen: (page: OpenedPage) => void }) {
  const [query, setQuery] = useState("");
  const search = useQuery(searchQuery(query));
  return (
    <Card title="Search">
      <form
        role="search"
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          setQuery(textOf(new FormData(event.currentTarget), "query"));
        }}
      >
        <input
          name="query"
          type="search"
          aria-label="Search your documents"
          placeholder="What are you looking for?"
          maxLength={4000}
          className="min-w-0 flex-1 rounded-lg border border-line bg-surface px-3 py-2 text-sm placeholder:text-muted"
        />
        <Button type="submit" busy={search.isFetching}>
          Search
        </Button>
      </form>
      {search.isFetching && search.data === undefined && <Spinner label="Searching" />}
      {search.isError && (
        <div className="mt-3">
          <ErrorNote error={search.error} onRetry={() => void search.refetch()} />
        </div>
      )}
      {search.isSuccess && search.data.hits.length === 0 && (
        <p role="status" className="mt-4 text-sm text-muted">
          Nothing found for "{query}".
        </p>
      )}
      {search.isSuccess && (
        <ol aria-label="Hits" className="mt-3 flex flex-col gap-2">
          {search.data.hits.map((hit) => (
            <li key={hit.chunk_id}>
              <button
                type="button"
                onClick={() => onOpen({ documentId: hit.document_id, page: hit.page, passage: hit.text })}
                className="w-full rounded-lg border border-line px-3 py-2 text-left text-sm hover:bg-raised"
              >
                <span className="flex items-baseline justify-between gap-2">
                  <span className="truncate font-medium">
                    {hit.document_name}, page {hit.page}
                  </span>
                  <span className="shrink-0 text-xs text-muted tabular-nums">score {formatNumber(hit.score)}</span>
                </span>
                <span className="mt-1 line-clamp-3 text-muted">{hit.text}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
