import { PortfolioPage } from "@/features/portfolio/portfolio-page";

export function InsightsPage() {
  return <PortfolioPage title="Insights">{() => null}</PortfolioPage>;
}
