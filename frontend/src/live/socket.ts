/**
 * One reconnecting WebSocket for the whole page.
 *
 * connecting → live when the server accepts; live or connecting → lost when it closes, with a countdown, then
 * connecting again. Subscriptions are kept here and sent again after every connect.
 */

import type { LiveEvents } from "@/api/types";

export type LiveState =
  | { name: "idle" }
  | { name: "connecting"; attempt: number }
  | { name: "live" }
  | { name: "lost"; retryAt: number; attempt: number };

type Handler = (data: never) => void;
const FIRST_DELAY = 1000;
const LONGEST_DELAY = 30_000;
/** The server's close code for a socket without a session. */
const LOGGED_OUT = 4401;

/** Milliseconds before try number `attempt` (from 1): doubling, with up to a fifth of jitter, at most 30 s. */
export function delayBefore(attempt: number, random: () => number = Math.random): number {
  const plain = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(attempt - 1, 10));
  return Math.round(plain * (0.8 + 0.2 * random()));
}

export class LiveSocket {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private account: string | null = null;
  private state: LiveState = { name: "idle" };
  private readonly watchers = new Set<() => void>();
  private readonly handlers = new Map<string, Set<Handler>>();
  private readonly openers = new Set<() => void>();

  /** What to do when the server says that the session is over. */
  onLoggedOut: () => void = () => {};

  constructor(
    private readonly url: () => string,
    private readonly open: (url: string) => WebSocket = (url) => new WebSocket(url),
  ) {}

  getState = (): LiveState => this.state;

  /** For useSyncExternalStore. */
  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Calls `handler` for every event of that name; returns how to stop. */
  on<K extends keyof LiveEvents>(event: K, handler: (data: LiveEvents[K]) => void): () => void {
    const handlers = this.handlers.get(event) ?? new Set();
    this.handlers.set(event, handlers);
    handlers.add(handler as Handler);
    return () => handlers.delete(handler as Handler);
  }

  /** Calls `action` each time the subscription is (again) there: what was missed before has to be fetched. */
  onOpen(action: () => void): () => void {
    this.openers.add(action);
    return () => this.openers.delete(action);
  }

  /** Follows this account; connects if needed. Another account closes the old subscription with its socket. */
  subscribe(account: string): void {
    if (this.account === account && this.state.name !== "idle") return;
    const changed = this.account !== null && this.account !== account;
    this.account = account;
    if (changed || this.state.name === "idle") {
      this.drop();
      this.attempt = 0;
      this.connect();
    }
  }

  /** Ends the connection for good, until the next subscribe. */
  close(): void {
    this.account = null;
    this.drop();
    this.attempt = 0;
    this.become({ name: "idle" });
  }

  /** Tries at once instead of waiting for the countdown. */
  retryNow = (): void => {
    if (this.state.name === "lost") this.connect();
  };

  private drop(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private become(state: LiveState): void {
    this.state = state;
    for (const watcher of this.watchers) watcher();
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.attempt += 1;
    this.become({ name: "connecting", attempt: this.attempt });
    const socket = this.open(this.url());
    this.socket = socket;
    socket.onopen = () => {
      if (this.socket !== socket) return;
      this.attempt = 0;
      socket.send(JSON.stringify({ type: "subscribe", account: this.account }));
      this.become({ name: "live" });
    };
    socket.onmessage = (message) => {
      if (this.socket === socket) this.receive(String(message.data));
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (event.code === LOGGED_OUT) {
        this.close();
        this.onLoggedOut();
        return;
      }
      const delay = delayBefore(this.attempt + 1);
      this.become({ name: "lost", retryAt: Date.now() + delay, attempt: this.attempt });
      this.timer = setTimeout(() => this.connect(), delay);
    };
  }

  private receive(text: string): void {
    let message: { event?: unknown; account?: unknown; data?: unknown } | null;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof message?.event !== "string" || typeof message.data !== "object" || !message.data) return;
    if (
      typeof message.account === "string" &&
      message.account.length === 32 &&
      message.account !== this.account
    )
      return;
    if (message.event === "subscribed") for (const action of this.openers) action();
    for (const handler of this.handlers.get(message.event) ?? []) handler(message.data as never);
  }
}

/** The address of the browser socket, next to the page. */
export function socketUrl(): string {
  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${window.location.host}/ws`;
}

export const live = new LiveSocket(socketUrl);
