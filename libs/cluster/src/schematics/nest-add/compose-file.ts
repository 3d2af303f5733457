const REDIS = `services:
  redis:
    image: redis:7-alpine
    # Kept over a restart, and never thrown away: jobs and locks live here.
    command: redis-server --appendonly yes --maxmemory-policy noeviction
    ports: ['6379:6379']
    volumes: [redis:/data]
    healthcheck: { test: redis-cli ping, interval: 2s }
volumes:
  redis:
`;

const POSTGRES = `services:
  postgres:
    image: postgres:17-alpine
    environment: { POSTGRES_PASSWORD: postgres }
    ports: ['5432:5432']
    volumes: [postgres:/var/lib/postgresql/data]
    healthcheck: { test: pg_isready -U postgres, interval: 2s }
volumes:
  postgres:
`;

/** A compose file with the store, for a developer's machine; undefined where none is needed. */
export function composeFor(backend: 'redis' | 'postgres' | 'memory'): string | undefined {
  return { redis: REDIS, postgres: POSTGRES, memory: undefined }[backend];
}
