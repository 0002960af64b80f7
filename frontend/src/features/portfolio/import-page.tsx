import { PortfolioPage } from "@/features/portfolio/portfolio-page";

export function ImportPage() {
  return <PortfolioPage title="Import">{() => null}</PortfolioPage>;
}
