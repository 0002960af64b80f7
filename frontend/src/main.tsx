import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { router } from "@/app/router";
import { createQueryClient } from "@/lib/api/query-client";
import { session } from "@/lib/api/session";
import "@/styles.css";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");

void session.restore();

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
