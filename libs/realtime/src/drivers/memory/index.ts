export { MemoryRealtimeDriver } from './memory-realtime.driver.js';
