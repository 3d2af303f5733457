export { connectRealtime, type RealtimeClientOptions, type Recovery } from './connect-realtime.js';
