export { RedisRealtimeDriver } from './redis-realtime.driver.js';
