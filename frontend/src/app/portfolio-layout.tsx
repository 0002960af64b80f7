import { Link, Outlet } from "@tanstack/react-router";

const pages = [
  { to: "/", label: "Overview" },
  { to: "/transactions", label: "Transactions" },
  { to: "/import", label: "Import" },
  { to: "/insights", label: "Insights" },
  { to: "/plan", label: "Plan" },
] as const;

/** The pages about a portfolio, side by side. */
export function PortfolioLayout() {
  return (
    <>
      <nav aria-label="Portfolio" className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
        {pages.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: true }}
            className="-mb-px border-b-2 border-transparent px-3 py-2 text-sm font-medium whitespace-nowrap text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-accent"
          >
            {label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </>
  );
}
