# One image for every role: what a container does is said by ROOKERY_ROLES.
FROM node:22-bookworm-slim AS build
WORKDIR /app

# The packages first: this layer is built again only when one of them changes.
COPY package.json package-lock.json ./
COPY libs/core/package.json libs/core/
COPY libs/lock/package.json libs/lock/
COPY libs/cache/package.json libs/cache/
COPY libs/blob/package.json libs/blob/
COPY libs/jobs/package.json libs/jobs/
COPY libs/workers/package.json libs/workers/
COPY libs/realtime/package.json libs/realtime/
COPY libs/cluster/package.json libs/cluster/
COPY libs/testing/package.json libs/testing/
COPY apps/sample/package.json apps/sample/
RUN npm ci --ignore-scripts --no-audit --no-fund

COPY tsconfig.json ./
COPY libs libs
COPY apps apps
RUN npx tsc -b apps/sample/tsconfig.build.json && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:22-bookworm-slim
ENV NODE_ENV=production PORT=3000
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/package.json ./
COPY --from=build /app/libs libs
COPY --from=build /app/apps apps
USER node
EXPOSE 3000
# node itself, not npm: SIGTERM has to reach the app.
CMD ["node", "apps/sample/dist/main.js"]
