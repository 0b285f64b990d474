# docker build -t hello-oidc .                               sessions in cookies, or in SQLite
# docker build --build-arg STORE_DRIVER=pg -t hello-oidc .   with the driver of another session store # part: store
# docker run --env-file FILE -p 4040:4040 hello-oidc         the settings are read at the start, none at the build

FROM node:24-slim AS build
WORKDIR /app
ENV BUILD_STANDALONE=1 NEXT_TELEMETRY_DISABLED=1
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
# part: store
ARG STORE_DRIVER=""
RUN npm install --save-prod --no-audit --no-fund ${STORE_DRIVER}
# end part: store
RUN npm run build

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 PORT=4040
COPY --from=build /app/.next/standalone ./
COPY --from=build /app/.next/static ./.next/static
COPY --from=build /app/public ./public
COPY --from=build /app/scripts/command-line.mjs /app/scripts/node-version.mjs /app/scripts/start.mjs ./scripts/
USER node
EXPOSE 4040
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "scripts/start.mjs"]
