import { useState } from "react";

import { AlertsCard } from "@/features/watch/alerts-card";
import { WatchlistsCard } from "@/features/watch/watchlists-card";

type Props = { openedAlertId: string | undefined; onOpenAlert: (alertId: string | undefined) => void };

export function WatchPage({ openedAlertId, onOpenAlert }: Props) {
  const [writing, setWriting] = useState<{ symbol?: string }>();
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-xl font-semibold">Watch</h1>
      <div className="grid items-start gap-4 xl:grid-cols-[3fr_2fr]">
        <WatchlistsCard onAlert={(symbol) => setWriting({ symbol })} />
        <AlertsCard openedId={openedAlertId} onOpen={onOpenAlert} writing={writing} onWrite={setWriting} />
      </div>
    </div>
  );
}
