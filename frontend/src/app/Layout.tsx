/** The frame of every page of an account: navigation, account switcher, the live connection and its banner. */

import { useQueryClient } from "@tanstack/react-query";
import { Link, Navigate, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { logOut } from "@/api/accounts";
import { ApiError } from "@/api/errors";
import { LiveBanner } from "@/live/Banner";
import { useLiveState } from "@/live/hooks";
import { live } from "@/live/socket";
import { LoadError, Skeleton } from "@/ui/Feedback";
import { Icon, Logo } from "@/ui/Icon";
import { Toasts } from "@/ui/toast";
import { AccountSwitcher } from "./AccountSwitcher";
import { NotFound } from "./Fallbacks";
import { MeContext, rememberAccount, useAccountId, useMe } from "./session";
import { nextTheme, useTheme } from "./theme";

const NAV = [
  { page: "programs", label: "Programs", icon: "code" },
  { page: "deployments", label: "Deployments", icon: "rocket" },
  { page: "live", label: "Live", icon: "pulse" },
  { page: "settings", label: "Settings", icon: "gear" },
] as const;

export function Layout() {
  const me = useMe();
  const account = useAccountId();
  const location = useLocation();
  const visible = me.data?.accounts.some((item) => item.id === account);
  useEffect(() => {
    if (!visible) return;
    rememberAccount(account);
    live.subscribe(account);
  }, [account, visible]);

  if (me.isPending) {
    return (
      <div className="lonely">
        <Skeleton />
      </div>
    );
  }
  if (me.isError) {
    if (me.error instanceof ApiError && (me.error.status === 401 || me.error.status === 403)) {
      return <Navigate to="/login" search={{ next: location.href }} replace />;
    }
    return (
      <div className="lonely">
        <LoadError error={me.error} retry={() => me.refetch()} />
      </div>
    );
  }
  if (!visible) return <NotFound />;
  return (
    <MeContext value={me.data}>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <div className="shell">
        <aside className="side">
          <div className="side-head">
            <Link to="/" className="brand" aria-label="FlowProtect, to your programs">
              <Logo />
              <span>FlowProtect</span>
            </Link>
            <AccountSwitcher />
          </div>
          <nav aria-label="Pages">
            {NAV.map(({ page, label, icon }) => (
              <Link
                key={page}
                to={`/accounts/$account/${page}`}
                params={{ account }}
                className="nav-link"
                activeProps={{ "aria-current": "page" }}
                data-testid={`nav-${page}`}
              >
                <Icon name={icon} size={20} />
                <span>{label}</span>
              </Link>
            ))}
          </nav>
          <Foot />
        </aside>
        <div className="content">
          <LiveBanner />
          <main id="main" tabIndex={-1}>
            <Outlet />
          </main>
        </div>
      </div>
      <Toasts />
    </MeContext>
  );
}

const THEMES = {
  auto: { icon: "auto", label: "Theme: as the system" },
  light: { icon: "sun", label: "Theme: light" },
  dark: { icon: "moon", label: "Theme: dark" },
} as const;

function Foot() {
  const queries = useQueryClient();
  const me = useMe();
  const theme = THEMES[useTheme()];
  const state = useLiveState();
  const leave = async () => {
    await logOut().catch(() => undefined);
    live.close();
    queries.clear();
    window.location.assign("/login");
  };
  const connected = state.name === "live";
  return (
    <div className="side-foot">
      <div className="connection" data-testid="connection" title={connected ? "Connected" : "Not connected"}>
        <span className={connected ? "dot dot-good" : "dot dot-warn"} aria-hidden="true" />
        <span>{connected ? "Connected" : state.name === "lost" ? "Connection lost" : "Connecting…"}</span>
      </div>
      <span className="who" title={me.data?.user.email}>
        {me.data?.user.email}
      </span>
      {me.data?.user.is_staff && (
        <a className="icon-button" href="/admin/" aria-label="Administration" title="Administration">
          <Icon name="shield" />
        </a>
      )}
      <button
        type="button"
        className="icon-button"
        onClick={nextTheme}
        aria-label={theme.label}
        title={theme.label}
      >
        <Icon name={theme.icon} />
      </button>
      <button type="button" className="icon-button" onClick={leave} aria-label="Log out" title="Log out">
        <Icon name="out" />
      </button>
    </div>
  );
}
