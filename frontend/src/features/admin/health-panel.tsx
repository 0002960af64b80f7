import { useQuery } from "@tanstack/react-query";

import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { DataTable } from "@/components/data-table";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { healthQuery } from "@/features/admin/api/health";
import { formatDuration, formatInstant, humanise } from "@/lib/format";

export function HealthPanel() {
  const health = useQuery(healthQuery());
  return (
    <Card
      title="Services"
      note="Asked again every ten seconds"
      actions={
        health.isSuccess && (
          <Badge tone={health.data.ready ? "accent" : "loss"}>{health.data.ready ? "All ready" : "Not ready"}</Badge>
        )
      }
    >
      {health.isPending && <Spinner label="Asking the services" />}
      {health.isError && <ErrorNote error={health.error} onRetry={() => void health.refetch()} />}
      {health.isSuccess && (
        <DataTable
          label="Health of the services"
          rows={health.data.services}
          keyOf={(service) => service.name}
          columns={[
            { label: "Service", cell: (service) => service.name },
            {
              label: "State",
              cell: (service) => (
                <Badge tone={service.state === "ready" ? "accent" : "loss"}>{humanise(service.state)}</Badge>
              ),
            },
            { label: "Detail", cell: (service) => service.detail },
            {
              label: "Probe",
              numeric: true,
              cell: (service) => formatDuration(service.latency_ms),
            },
            { label: "Checked", cell: (service) => formatInstant(service.checked_at) },
          ]}
        />
      )}
    </Card>
  );
}
