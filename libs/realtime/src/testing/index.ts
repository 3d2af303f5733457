export { realtimeDriverContract, type RealtimeContractHost } from './realtime-driver.contract.js';
