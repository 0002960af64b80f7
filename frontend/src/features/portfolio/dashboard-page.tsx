import { PortfolioPage } from "@/features/portfolio/portfolio-page";
import { PortfolioView } from "@/features/portfolio/portfolio-view";

export function DashboardPage() {
  return <PortfolioPage title="Dashboard">{(portfolio) => <PortfolioView portfolio={portfolio} />}</PortfolioPage>;
}
