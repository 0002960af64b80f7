import { useNavigate, useSearch } from "@tanstack/react-router";

import { ReportsPage } from "@/features/reports/reports-page";

/** Keeps the open report in the address, so that its notification can link to it. */
export function ReportsRoute() {
  const { analysis } = useSearch({ from: "/reports" });
  const navigate = useNavigate();
  return (
    <ReportsPage
      openedId={analysis}
      onOpen={(id) => void navigate({ to: "/reports", search: id === undefined ? {} : { analysis: id } })}
    />
  );
}
