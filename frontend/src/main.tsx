import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { tellLoggedOut, whenLoggedOut } from "./api/client";
import { ApiError } from "./api/errors";
import { router } from "./app/router";
import { applyTheme } from "./app/theme";
import { live } from "./live/socket";
import "./styles.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Asking again does not help where the server said no.
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      staleTime: 5_000,
    },
  },
});

whenLoggedOut(() => {
  const { pathname, href } = router.state.location;
  if (pathname === "/login") return;
  live.close();
  queries.clear();
  router.navigate({ to: "/login", search: { next: href } });
});

live.onLoggedOut = tellLoggedOut;
applyTheme();
const place = document.getElementById("root");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
