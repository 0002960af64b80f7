import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import {
  Binoculars,
  ChartColumn,
  FileText,
  LayoutDashboard,
  LogOut,
  MessagesSquare,
  Moon,
  Settings2,
  ShieldCheck,
  Sun,
  TrendingUp,
} from "lucide-react";

import { InboxCorner } from "@/app/inbox-corner";
import { setDark, useDark } from "@/hooks/use-dark";
import { Badge } from "@/components/badge";
import { useLiveStatus } from "@/hooks/use-live";
import { marketQuery } from "@/lib/api/market";
import { session } from "@/lib/api/session";
import type { User } from "@/lib/api/types";
import { classNames } from "@/lib/class-names";
import { formatDay, humanise } from "@/lib/format";

const pages = [
  { to: "/", label: "Dashboard", icon: LayoutDashboard, admin: false },
  { to: "/chat/{-$conversationId}", label: "Chat", icon: MessagesSquare, admin: false },
  { to: "/documents", label: "Documents", icon: FileText, admin: false },
  { to: "/watch", label: "Watch", icon: Binoculars, admin: false },
  { to: "/reports", label: "Reports", icon: ChartColumn, admin: false },
  { to: "/admin", label: "Admin", icon: ShieldCheck, admin: true },
] as const;

export function Shell({ user }: { user: User }) {
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-surface focus:p-2"
      >
        Skip to content
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-surface">
        <div className="mx-auto flex max-w-7xl flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2 sm:px-5">
          <Link to="/" aria-label="StockTool" className="flex items-center gap-2 font-semibold">
            <span className="grid size-7 place-items-center rounded-md bg-accent text-accent-ink">
              <TrendingUp aria-hidden className="size-4" />
            </span>
            <span className="hidden lg:inline">StockTool</span>
          </Link>
          <nav aria-label="Main" className="order-last flex w-full gap-1 overflow-x-auto sm:order-none sm:w-auto">
            {pages
              .filter((page) => !page.admin || user.roles.includes("admin"))
              .map(({ to, label, icon: Icon }) => (
                <Link
                  key={to}
                  to={to}
                  params={{ conversationId: undefined }}
                  search={{}}
                  activeOptions={{ exact: to === "/" }}
                  className="flex flex-1 items-center justify-center gap-1.5 rounded-lg px-1.5 py-1.5 text-sm font-medium text-muted hover:bg-raised hover:text-ink sm:px-2.5 aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent sm:flex-none"
                >
                  <Icon aria-hidden className="hidden size-4 sm:block" />
                  {label}
                </Link>
              ))}
          </nav>
          <div className="ml-auto flex items-center gap-2">
            <MarketLabel />
            <LiveIndicator />
            <InboxCorner />
            <Link
              to="/settings"
              aria-label="Notification settings"
              title="Notification settings"
              className="rounded-lg p-2 text-muted hover:bg-raised hover:text-ink"
            >
              <Settings2 aria-hidden className="size-4" />
            </Link>
            <ThemeButton />
            <span className="hidden max-w-40 truncate text-sm text-muted md:inline" title={user.email}>
              {user.display_name === "" ? user.email : user.display_name}
            </span>
            <button
              type="button"
              aria-label="Sign out"
              title="Sign out"
              onClick={() => void session.signOut()}
              className="rounded-lg p-2 text-muted hover:bg-raised hover:text-ink"
            >
              <LogOut aria-hidden className="size-4" />
            </button>
          </div>
        </div>
      </header>
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto flex w-full max-w-7xl flex-1 flex-col px-3 py-4 outline-none sm:px-5 sm:py-6"
      >
        <Outlet />
      </main>
    </div>
  );
}

/** Which day prices are of, and that they are not today's when they are not. */
function MarketLabel() {
  const { data: market } = useQuery(marketQuery());
  if (market === undefined) return null;
  const day = formatDay(market.session);
  if (market.mode === "real") {
    return (
      <Badge title={`${market.calendar}, prices from ${market.source}`}>
        {market.open ? "Market open" : `Closed, ${day}`}
      </Badge>
    );
  }
  return (
    <Badge tone="warn" title={`Recorded prices, market clock ${humanise(market.mode)}; not today's market`}>
      <span className="hidden sm:inline">Demo data ·</span> {day}
    </Badge>
  );
}

const liveWords = { live: "Live", connecting: "Reconnecting", offline: "Offline" } as const;

function LiveIndicator() {
  const status = useLiveStatus();
  return (
    <span role="status" className="flex items-center gap-1.5 text-xs text-muted" title="Connection for live updates">
      <span
        aria-hidden
        className={classNames(
          "size-2 rounded-full",
          status === "live" ? "bg-gain" : status === "connecting" ? "bg-warn" : "bg-loss",
        )}
      />
      <span className="sr-only sm:not-sr-only">{liveWords[status]}</span>
    </span>
  );
}

function ThemeButton() {
  const dark = useDark();
  const Icon = dark ? Sun : Moon;
  const label = dark ? "Use light theme" : "Use dark theme";
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={() => setDark(!dark)}
      className="rounded-lg p-2 text-muted hover:bg-raised hover:text-ink"
    >
      <Icon aria-hidden className="size-4" />
    </button>
  );
}
