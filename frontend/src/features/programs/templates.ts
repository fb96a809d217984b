/** What a new program can begin with. Each of them compiles and is proven safe. */

import checks from "./templates/checks.c?raw";
import cookie from "./templates/cookie.c?raw";
import rateLimit from "./templates/rate_limit.c?raw";

export const TEMPLATES = [
  {
    id: "checks",
    name: "Check the packet",
    about: "Port and length of the payload. A short beginning.",
    source: checks,
  },
  {
    id: "rate_limit",
    name: "Limit each source",
    about: "A number of packets a second for each address.",
    source: rateLimit,
  },
  {
    id: "cookie",
    name: "Challenge new sources",
    about: "A cookie proves that an address is not forged.",
    source: cookie,
  },
] as const;
