import { ImportHistory } from "@/features/portfolio/import-history";
import { ImportWizard } from "@/features/portfolio/import-wizard";
import { PortfolioPage } from "@/features/portfolio/portfolio-page";

export function ImportPage() {
  return (
    <PortfolioPage title="Import">
      {(portfolio) => (
        <div className="flex flex-col gap-4">
          <ImportWizard portfolio={portfolio} />
          <ImportHistory portfolio={portfolio} />
        </div>
      )}
    </PortfolioPage>
  );
}
