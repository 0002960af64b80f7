import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link } from "@tanstack/react-router";

import { PortfolioLayout } from "@/app/portfolio-layout";
import { Root } from "@/app/root";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";

const rootRoute = createRootRoute({
  component: Root,
  notFoundComponent: () => (
    <EmptyState title="There is no such page">
      <Link to="/" className="text-accent underline">
        Go to the dashboard
      </Link>
    </EmptyState>
  ),
  errorComponent: ({ error, reset }) => <ErrorNote error={error} onRetry={reset} />,
});

const portfolioRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "portfolio",
  component: PortfolioLayout,
});

const dashboardRoute = createRoute({
  getParentRoute: () => portfolioRoute,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/portfolio/dashboard-page"), "DashboardPage"),
});

const transactionsRoute = createRoute({
  getParentRoute: () => portfolioRoute,
  path: "/transactions",
  component: lazyRouteComponent(() => import("@/features/portfolio/transactions-page"), "TransactionsPage"),
});

const importRoute = createRoute({
  getParentRoute: () => portfolioRoute,
  path: "/import",
  component: lazyRouteComponent(() => import("@/features/portfolio/import-page"), "ImportPage"),
});

const insightsRoute = createRoute({
  getParentRoute: () => portfolioRoute,
  path: "/insights",
  component: lazyRouteComponent(() => import("@/features/portfolio/insights-page"), "InsightsPage"),
});

const planRoute = createRoute({
  getParentRoute: () => portfolioRoute,
  path: "/plan",
  component: lazyRouteComponent(() => import("@/features/portfolio/plan/plan-page"), "PlanPage"),
});

const chatRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/chat/{-$conversationId}",
  component: lazyRouteComponent(() => import("@/app/chat-route"), "ChatRoute"),
});

const sharedRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/shared",
  component: lazyRouteComponent(() => import("@/app/shared-route"), "SharedRoute"),
});

const documentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/documents",
  // A citation's address: which document, and which page of it.
  validateSearch: (search: Record<string, unknown>): { document?: string; page?: number } => ({
    ...(typeof search["document"] === "string" ? { document: search["document"] } : {}),
    ...(typeof search["page"] === "number" && search["page"] >= 1 ? { page: Math.floor(search["page"]) } : {}),
  }),
  component: lazyRouteComponent(() => import("@/app/documents-route"), "DocumentsRoute"),
});

const watchRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/watch",
  validateSearch: (search: Record<string, unknown>): { alert?: string } =>
    typeof search["alert"] === "string" ? { alert: search["alert"] } : {},
  component: lazyRouteComponent(() => import("@/app/watch-route"), "WatchRoute"),
});

const reportsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/reports",
  validateSearch: (search: Record<string, unknown>): { analysis?: string } =>
    typeof search["analysis"] === "string" ? { analysis: search["analysis"] } : {},
  component: lazyRouteComponent(() => import("@/app/reports-route"), "ReportsRoute"),
});

const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/features/settings/settings-page"), "SettingsPage"),
});

const adminRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/admin",
  component: lazyRouteComponent(() => import("@/app/admin-route"), "AdminRoute"),
});

const routeTree = rootRoute.addChildren([
  portfolioRoute.addChildren([dashboardRoute, transactionsRoute, importRoute, insightsRoute, planRoute]),
  chatRoute,
  sharedRoute,
  documentsRoute,
  watchRoute,
  reportsRoute,
  settingsRoute,
  adminRoute,
]);

export const router = createRouter({
  routeTree,
  defaultPendingComponent: () => <Spinner label="Loading" />,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  // Declaration merging is the one place an interface is needed.
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions
  interface Register {
    router: typeof router;
  }
}
