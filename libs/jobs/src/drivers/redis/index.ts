export { RedisBullmqConnection } from './redis-bullmq.connection.js';
