export { rookery } from './rookery.js';
