export { ClusterIoAdapter } from './cluster-io.adapter.js';
export type {
  HistoryLimits,
  LogDriver,
  LogEntry,
  LogTail,
  Presence,
  PresenceDriver,
  RealtimeDriver,
  StoredEntry,
} from './realtime.driver.js';
export {
  BackplaneOverflowError,
  ConnectionRefusedError,
  MessageTooLargeError,
  RoomRefusedError,
} from './realtime.errors.js';
export { RealtimeModule } from './realtime.module.js';
export type { RealtimeModuleOptions } from './realtime.options.js';
export { RealtimeService, type PresenceEvent, type RealtimeStatus, type RoomInfo } from './realtime.service.js';
export { RefusalFilter } from './refusal.filter.js';
export { Emission, type AnyEvents, type EventMap } from './sockets/emission.js';
export { RealtimeNamespace } from './sockets/realtime-namespace.js';
export { useRealtime } from './use-realtime.js';
