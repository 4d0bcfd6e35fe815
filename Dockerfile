# syntax=docker/dockerfile:1

# The same Node that package.json brings to Linux machines. A tag can be moved: to fix what is built on, look its digest
# up once (docker buildx imagetools inspect node:24.21.0-trixie-slim) and write it behind the tag, in both places, as
# node:24.21.0-trixie-slim@sha256:…
FROM node:24.21.0-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
# better-sqlite3 brings its binaries for eight platforms and the source of SQLite; this image is one platform.
RUN cd node_modules/better-sqlite3 \
    && find prebuilds -type f ! -name "linux-$(node -p process.arch).node" -delete \
    && rm -r binding.gyp deps src
# The command of this name for docker exec, and the volume's folder as it is to look when it is new.
RUN mkdir bin data && ln -s ../src/cli.ts bin/adherence

# Nothing is run in this stage and nothing in it needs a shell, so that its base may become one without.
FROM node:24.21.0-trixie-slim
LABEL org.opencontainers.image.title="adherence-reconciler" \
      org.opencontainers.image.description="Compares the telephony engine's agent state changes with what workforce management reports, and corrects the difference exactly once." \
      org.opencontainers.image.version="0.1.0"
WORKDIR /app
COPY package.json ./
COPY db/ db/
COPY jobs/ jobs/
COPY src/ src/
COPY --from=build /app/node_modules/ node_modules/
COPY --from=build /app/bin/ bin/
COPY --from=build --chown=1000:1000 /app/data/ /data/

# TMPDIR: what SQLite sorts beside its memory, and a demo, need a place; nowhere else may be written.
ENV NODE_ENV=production \
    PATH=/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    ADHERENCE_DB=/data/adherence.db \
    ADHERENCE_REPORT_DIR=/data/reports \
    TMPDIR=/data \
    HTTP_HOST=0.0.0.0 \
    HTTP_PORT=8080

# A number, so that Kubernetes' runAsNonRoot can tell. All but /data belongs to root and may be mounted read-only:
# docker run --read-only --cap-drop ALL --security-opt no-new-privileges --stop-timeout 30 -v adherence:/data …
USER 1000:1000
VOLUME ["/data"]
EXPOSE 8080

# The worker ends what is in flight within 25 s; what stops it should wait for 30 (Docker alone waits for 10). A kill
# loses nothing, it is only less tidy.
STOPSIGNAL SIGTERM

# Alive, not able to work: a restart mends neither the vendor nor the database.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.HTTP_PORT + '/healthz', { signal: AbortSignal.timeout(4000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["node", "--max-semi-space-size=8", "/app/src/cli.ts"]
CMD ["worker"]
