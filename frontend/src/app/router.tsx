/** The addresses of the pages. Short ones without an account lead to the account that was looked at last. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from "@tanstack/react-router";
import { LoginPage } from "@/features/login/LoginPage";
import { ProgramsPage } from "@/features/programs/ProgramsPage";
import { Failed, NotFound } from "./Fallbacks";
import { Layout } from "./Layout";
import { ToAccount } from "./ToAccount";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Failed });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search.next === "string" ? { next: search.next } : {},
  component: LoginPage,
});

const shortcuts = (["/", "/programs", "/deployments", "/live", "/settings"] as const).map((path) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: () => <ToAccount page={path.slice(1) || "programs"} />,
  }),
);

const account = createRoute({ getParentRoute: () => root, path: "/accounts/$account", component: Layout });

const index = createRoute({
  getParentRoute: () => account,
  path: "/",
  component: () => <ToAccount page="programs" />,
});
const programs = createRoute({ getParentRoute: () => account, path: "programs", component: ProgramsPage });
const program = createRoute({
  getParentRoute: () => account,
  path: "programs/$program",
  component: lazyRouteComponent(() => import("@/features/editor/ProgramPage"), "ProgramPage"),
});
const deployments = createRoute({
  getParentRoute: () => account,
  path: "deployments",
  component: lazyRouteComponent(() => import("@/features/deployments/DeploymentsPage"), "DeploymentsPage"),
});
const live = createRoute({
  getParentRoute: () => account,
  path: "live",
  component: lazyRouteComponent(() => import("@/features/live/LivePage"), "LivePage"),
});
const settings = createRoute({
  getParentRoute: () => account,
  path: "settings",
  component: lazyRouteComponent(() => import("@/features/settings/SettingsPage"), "SettingsPage"),
});

const tree = root.addChildren([
  login,
  ...shortcuts,
  account.addChildren([index, programs, program, deployments, live, settings]),
]);

export const router = createRouter({ routeTree: tree, defaultPreload: "intent", scrollRestoration: true });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
