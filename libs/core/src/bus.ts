/** What a subscriber may ask for beside the messages. */
export interface SubscribeOptions {
  /**
   * Called whenever messages may have been missed: after each reconnect. Whoever keeps state that the messages keep
   * fresh must distrust it now.
   */
  onGap?: () => void;
}

/** Ends a subscription; safe to call twice. */
export type Unsubscribe = () => Promise<void>;

/**
 * Carries small messages to every replica, the publisher's own included. At most once, in order per publisher, and it
 * tells subscribers when it may have missed something. Not a queue: whoever was away when a message passed does not
 * get it, only the gap.
 */
export interface Bus {
  /**
   * Sends `message` to all who are subscribed now.
   *
   * @throws BackendUnavailableError or DeadlineError when the store did not take it
   */
  publish(channel: string, message: string): Promise<void>;

  /** Resolves once messages published from now on will be delivered. */
  subscribe(channel: string, handler: (message: string) => void, options?: SubscribeOptions): Promise<Unsubscribe>;

  /** False while the link is down; then messages are missed and a gap will be told. */
  readonly connected: boolean;
}
