/** Words and colours of build states. */

import type { BuildState } from "@/api/types";
import type { Tone } from "@/ui/Badge";

export const BUILD: Record<BuildState, { label: string; tone: Tone; running: boolean }> = {
  queued: { label: "Queued", tone: "neutral", running: true },
  compiling: { label: "Compiling", tone: "info", running: true },
  verifying: { label: "Verifying", tone: "info", running: true },
  replaying: { label: "Replaying", tone: "info", running: true },
  ready: { label: "Ready", tone: "good", running: false },
  failed: { label: "Failed", tone: "bad", running: false },
};
