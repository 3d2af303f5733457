export { PostgresRealtimeDriver } from './postgres-realtime.driver.js';
