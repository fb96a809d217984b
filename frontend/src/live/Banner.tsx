/** Says that the live connection is lost, and when the next try is. */

import { useEffect, useState } from "react";
import { Button } from "@/ui/Button";
import { useLiveState } from "./hooks";
import { live } from "./socket";

export function LiveBanner() {
  const state = useLiveState();
  const [now, setNow] = useState(Date.now);
  const lost = state.name === "lost";
  useEffect(() => {
    if (!lost) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [lost]);
  if (state.name === "connecting" && state.attempt > 1) {
    return (
      <div className="banner" role="status">
        Connection lost, trying again…
      </div>
    );
  }
  if (!lost) return null;
  const seconds = Math.max(1, Math.ceil((state.retryAt - now) / 1000));
  return (
    <div className="banner" role="status" data-testid="live-banner">
      <span>
        Connection lost, trying again in <span aria-hidden="true">{seconds} s</span>. What you see may be out
        of date.
      </span>
      <Button size="small" onClick={live.retryNow}>
        Try now
      </Button>
    </div>
  );
}
