export { memory, type MemoryBackend, type MemoryOptions } from './memory.backend.js';
