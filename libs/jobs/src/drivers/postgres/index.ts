export { PostgresBullmqConnection } from './postgres-bullmq.connection.js';
