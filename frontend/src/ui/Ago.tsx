import { useEffect, useState } from "react";
import { ago, when } from "./format";

/** A time as "3 minutes ago", with the exact time on hover, kept right while it is shown. */
export function Ago({ at }: { at: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((value) => value + 1), 20_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={when(at)}>
      {ago(at)}
    </time>
  );
}
